#pragma once
// A number that may still lie on a device.

#include <functional>
#include <utility>

namespace steepest {

/// A scalar result that is read when first asked for, so that holding one costs no synchronisation.
/// On the host it is a plain double and never allocates.
class Reading {
 public:
  Reading() = default;
  Reading(double value) : value_(value) {}  // NOLINT(google-explicit-constructor): a known number is a reading
  explicit Reading(std::function<double()> read) : read_(std::move(read)) {}

  /// The number. The first call on a device scalar waits for the device; later calls do not.
  double get() const {
    if (read_) {
      value_ = read_();
      read_ = nullptr;
    }
    return value_;
  }

 private:
  mutable double value_ = 0;
  mutable std::function<double()> read_;
};

}  // namespace steepest
