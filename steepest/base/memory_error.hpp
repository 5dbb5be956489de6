#pragma once
// Memory that was refused, with the numbers.

#include <new>
#include <stdexcept>
#include <string>

namespace steepest {

/// A std::bad_alloc that says what did not fit: "[arena] ...".
class MemoryError : public std::bad_alloc {
 public:
  explicit MemoryError(const std::string& text) : text_(text) {}
  const char* what() const noexcept override { return text_.what(); }

 private:
  std::runtime_error text_;  // its copies do not throw
};

}  // namespace steepest
