#include "steepest/io/utf8.hpp"

#include <array>
#include <cstdint>

namespace steepest {
namespace {

struct Form {
  std::uint8_t mask, lead;   // a first byte b has this form when (b & mask) == lead
  std::size_t length;        // bytes of the sequence
  std::uint32_t least_code;  // below it the form is overlong
};

constexpr std::array<Form, 4> kForms{{
    {0x80, 0x00, 1, 0x00},
    {0xE0, 0xC0, 2, 0x80},
    {0xF0, 0xE0, 3, 0x800},
    {0xF8, 0xF0, 4, 0x10000},
}};

std::uint8_t byte_at(std::string_view text, std::size_t i) { return static_cast<std::uint8_t>(text[i]); }

const Form* form_of(std::uint8_t lead) {
  for (const Form& form : kForms) {
    if ((lead & form.mask) == form.lead) return &form;
  }
  return nullptr;
}

/// Length of the sequence at the start of `text`; 0 where it is not well formed.
std::size_t sequence_length(std::string_view text) {
  const Form* const form = form_of(byte_at(text, 0));
  if (form == nullptr || text.size() < form->length) return 0;
  std::uint32_t code = byte_at(text, 0) & static_cast<std::uint8_t>(~form->mask);
  for (std::size_t i = 1; i < form->length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80U) return 0;
    code = code << 6U | (byte_at(text, i) & 0x3FU);
  }
  const bool surrogate = 0xD800 <= code && code <= 0xDFFF;
  return code < form->least_code || code > 0x10FFFF || surrogate ? 0 : form->length;
}

}  // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

}  // namespace steepest
