#include "steepest/io/npy_header.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstdint>
#include <set>

#include "steepest/io/io_error.hpp"

namespace steepest {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr std::size_t kVersionEnd = 8;  // magic, major, minor

/// Reads the dictionary: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
class DictionaryReader {
 public:
  DictionaryReader(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  NpyHeader read() {
    NpyHeader header;
    std::set<std::string> keys;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      read_value(key, header);
      if (!keys.insert(key).second) refuse(fmt::format("the key '{}' once", key));
      if (!accept(',') && next() != '}') refuse("',' or '}'");
    }
    if (keys.size() != 3) refuse("the keys descr, fortran_order and shape");
    if (next() != '\0') refuse("nothing after the dictionary");
    return header;
  }

 private:
  void read_value(std::string_view key, NpyHeader& header) {
    if (key == "descr") {
      if (next() == '[') refuse("a simple dtype, not a structured one");
      header.descr = quoted();
    } else if (key == "fortran_order") {
      header.fortran_order = boolean();
    } else if (key == "shape") {
      header.shape = tuple();
    } else {
      refuse(fmt::format("one of the keys descr, fortran_order and shape, not '{}'", key));
    }
  }

  /// The next character that is not white space; 0 at the end.
  char next() {
    const std::size_t found = text_.find_first_not_of(" \t\n\r", at_);
    at_ = found == std::string_view::npos ? text_.size() : found;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool accept(char wanted) {
    if (next() != wanted) return false;
    ++at_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) refuse(fmt::format("'{}'", wanted));
  }

  std::string quoted() {
    const char quote = next();
    if (quote != '\'' && quote != '"') refuse("a string");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) refuse("a string that ends");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return std::string(inside);
  }

  bool boolean() {
    next();
    for (const auto& [word, value] : {std::pair(std::string_view("True"), true), {"False", false}}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    refuse("True or False");
  }

  std::vector<Index> tuple() {
    std::vector<Index> extents;
    expect('(');
    while (!accept(')')) {
      extents.push_back(extent());
      if (!accept(',') && next() != ')') refuse("',' or ')'");
    }
    return extents;
  }

  Index extent() {
    next();
    Index value = -1;
    const char* const end = text_.data() + text_.size();
    const auto [stopped, error] = std::from_chars(text_.data() + at_, end, value);
    if (error != std::errc() || value < 0) refuse("a dimension of at least 0 and below 2^63");
    at_ = static_cast<std::size_t>(stopped - text_.data());
    return value;
  }

  [[noreturn]] void refuse(std::string_view wanted) const {
    throw DataError(fmt::format("[npy] {}: the header must have {} at its character {}; '{}' came", file_, wanted, at_,
                                text_.substr(std::min(at_, text_.size()), 20)));
  }

  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
};

/// `count` little-endian bytes at `at` as a number.
std::size_t little_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::size_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8U | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

}  // namespace

NpyHeader parse_npy_header(std::string_view bytes, std::string_view file) {
  check_data(!bytes.empty(), "[npy] {}: the file is empty", file);
  check_data(bytes.starts_with(kMagic), "[npy] {}: an .npy file begins with \\x93NUMPY; this is another kind of file",
             file);
  check_data(bytes.size() >= kVersionEnd, "[npy] {}: the header ends after {} bytes (truncated?)", file, bytes.size());
  const int version = static_cast<std::uint8_t>(bytes[6]);
  check_data(version == 1 || version == 2, "[npy] {}: format version 1 or 2 is read; {} came", file, version);
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  const std::size_t begin = kVersionEnd + length_bytes;
  check_data(bytes.size() >= begin, "[npy] {}: the header ends after {} bytes (truncated?)", file, bytes.size());
  const std::size_t length = little_endian(bytes, kVersionEnd, length_bytes);
  check_data(length <= bytes.size() - begin,
             "[npy] {}: the header says that it has {} bytes; the file has {} (truncated?)", file, length,
             bytes.size() - begin);
  NpyHeader header = DictionaryReader(bytes.substr(begin, length), file).read();
  header.data_begin = begin + length;
  return header;
}

std::string npy_header_bytes(const NpyHeader& header) {
  const std::string dictionary = fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': ({}), }}", header.descr,
                                             header.fortran_order ? "True" : "False", fmt::join(header.shape, ", "));
  const std::size_t begin = kVersionEnd + 2;
  const std::size_t padded = (begin + dictionary.size() + 1 + 63) / 64 * 64;
  const std::size_t length = padded - begin;
  std::string bytes(kMagic);
  bytes += {'\x01', '\x00', static_cast<char>(length & 0xFFU), static_cast<char>(length >> 8U)};
  bytes += dictionary;
  bytes.resize(padded - 1, ' ');
  return bytes + '\n';
}

}  // namespace steepest
