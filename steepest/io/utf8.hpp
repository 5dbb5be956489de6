#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace steepest {

/// The offset of the first byte that begins no well-formed UTF-8 sequence (RFC 3629); none where all is well. Refused:
/// a continuation byte alone, a sequence cut short, an overlong form, a surrogate (U+D800..U+DFFF), a value above U+10FFFF.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

}  // namespace steepest
