#include "steepest/norm/split.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>

#include "steepest/base/check.hpp"
#include "steepest/base/named.hpp"

namespace steepest {
namespace {

using Kind = Split::Kind;

constexpr std::array<Named<Kind>, 6> kinds{{{"none", Kind::none},
                                            {"equal", Kind::equal},
                                            {"blocks", Kind::blocks},
                                            {"interleaved", Kind::interleaved},
                                            {"per_group", Kind::per_group},
                                            {"taps", Kind::taps}}};

/// The numbers of "3,4,5)", or nothing when it is not such a text.
std::vector<Index> numbers(std::string_view text) {
  std::vector<Index> result;
  const char* place = text.data();
  const char* const end = place + text.size();
  while (true) {
    const auto [after, failure] = std::from_chars(place, end, result.emplace_back());
    if (failure != std::errc{} || after == end) return {};
    if (*after == ')' && after + 1 == end) return result;
    if (*after != ',') return {};
    place = after + 1;
  }
}

/// `count` parts of `size` rows, one after another.
std::vector<SplitPart> consecutive(Index count, Index size) {
  std::vector<SplitPart> result;
  for (Index i = 0; i < count; ++i) result.push_back({i * size, size, size, 1});
  return result;
}

std::vector<SplitPart> equal_parts(const Split& split, std::string_view parameter, Index rows) {
  const Index count = split.sizes.front();
  check(rows % count == 0, "[norm] {}: {} rows do not split into {} equal parts", parameter, rows, count);
  return consecutive(count, rows / count);
}

std::vector<SplitPart> tap_parts(const Split& split, std::string_view parameter, Index cols) {
  const Index taps = split.sizes.front();
  check(cols % taps == 0, "[norm] {}: {} columns do not hold {} taps for each input", parameter, cols, taps);
  std::vector<SplitPart> result;
  for (Index t = 0; t < taps; ++t) result.push_back({t, 1, taps, cols / taps});
  return result;
}

/// The sum of the sizes. Each is compared with what is left of `rows`, so that the sum stays an Index.
Index group_of(const Split& split, std::string_view parameter, Index rows) {
  Index group = 0;
  for (const Index size : split.sizes) {
    check(size <= rows - group, "[norm] {}: {} rows do not split as {}, whose sizes are more than the rows", parameter,
          rows, text(split));
    group += size;
  }
  return group;
}

std::vector<SplitPart> pattern_parts(const Split& split, std::string_view parameter, Index rows) {
  const Index group = group_of(split, parameter, rows);
  const bool once = split.kind == Kind::blocks;
  check(once ? rows == group : rows % group == 0, "[norm] {}: {} rows do not split as {}, which takes {}{}", parameter,
        rows, text(split), once ? "" : "a multiple of ", group);
  const Index groups = rows / group;
  const Index pieces = split.kind == Kind::per_group ? 1 : groups;
  std::vector<SplitPart> result;
  for (Index g = 0; g < groups / std::max<Index>(pieces, 1); ++g) {
    Index first = g * group;
    for (const Index size : split.sizes) {
      result.push_back({first, size, group, pieces});
      first += size;
    }
  }
  return result;
}

}  // namespace

std::string text(const Split& split) {
  if (split.kind == Kind::none) return "none";
  return fmt::format("{}({})", name_in<Kind>(kinds, split.kind), fmt::join(split.sizes, ","));
}

Split split_of(std::string_view text) {
  const auto open = text.find('(');
  const Kind kind = value_in<Kind>(kinds, "[norm] split", text.substr(0, open));
  if (kind == Kind::none && open == std::string_view::npos) return {};
  Split result{kind, open == std::string_view::npos ? std::vector<Index>{} : numbers(text.substr(open + 1))};
  const bool one_number = kind == Kind::equal || kind == Kind::taps;
  check(kind != Kind::none && !result.sizes.empty() && (!one_number || result.sizes.size() == 1),
        "[norm] a split is written as equal(3), blocks(32,16,16), interleaved(4,1,1), per_group(4,1,1), taps(9) or "
        "none; '{}' came",
        text);
  return result;
}

std::vector<SplitPart> parts(const Split& split, std::string_view parameter, Index rows, Index cols) {
  if (split.kind == Kind::none) return consecutive(1, rows);
  check(!split.sizes.empty(), "[norm] {}: a split needs sizes", parameter);
  for (const Index size : split.sizes)
    check(size > 0, "[norm] {}: the sizes of a split must be positive; {} came in {}", parameter, size, text(split));
  if (split.kind == Kind::equal) return equal_parts(split, parameter, rows);
  return split.kind == Kind::taps ? tap_parts(split, parameter, cols) : pattern_parts(split, parameter, rows);
}

}  // namespace steepest
