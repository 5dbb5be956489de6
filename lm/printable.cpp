#include "lm/printable.hpp"

#include "steepest/io/utf8.hpp"

namespace steepest::lm {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// Appends well-formed UTF-8 with its control characters replaced.
void append_shown(std::string& shown, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c0 = (byte < 0x20 && text[i] != '\n' && text[i] != '\t') || byte == 0x7F;
    const bool c1 = byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;  // U+0080..U+009F
    if (c0 || c1) {
      shown += replacement;
      i += c1 ? 1 : 0;
    } else {
      shown += text[i];
    }
  }
}

}  // namespace

std::string printable(std::string_view bytes) {
  std::string shown;
  while (const auto invalid = first_invalid_utf8(bytes)) {
    append_shown(shown, bytes.substr(0, *invalid));
    shown += replacement;
    bytes.remove_prefix(*invalid + 1);
  }
  append_shown(shown, bytes);
  return shown;
}

}  // namespace steepest::lm
