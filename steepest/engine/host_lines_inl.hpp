#pragma once
// Elementwise maps of the host engine in bf16 and f32: loops over lines of memory, compiled for the vectors of the machine they run on.
// Its sources are compiled with -ffp-contract=off, so that the bits are the same whatever the vectors.
#include <algorithm>

#include "steepest/engine/host_passes_inl.hpp"
#include "steepest/engine/machine_vectors_inl.hpp"

namespace steepest::host_detail {

/// f(y[k], x[k]...) for k < n. Lines are the same or do not overlap.
template <class F, class... Line>
[[gnu::always_inline]] inline void line_loop(Index n, F f, Line... lines) {
#pragma omp simd
  for (Index k = 0; k < n; ++k) f(lines[k]...);
}

template <class F, class... Line>
void vector_line_loop(Index n, F f, Line... lines) {
  with_machine_vectors([=](auto... line) { line_loop(n, f, line...); }, lines...);
}

/// Stands for a matrix of `cols` columns whose entries are their own places in the order by rows, modulo 2^32.
struct Places {
  Index cols;
};

struct PlaceLine {
  std::uint32_t first, stride;
  std::uint32_t operator[](Index k) const { return first + stride * static_cast<std::uint32_t>(k); }
};

inline PlaceLine line(const Places& places, bool along_rows, Index i) {
  if (along_rows) return {static_cast<std::uint32_t>(i * places.cols), 1};
  return {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(places.cols)};
}
inline bool contiguous(const PlaceLine&) { return true; }

/// What a loop over a contiguous line indexes.
template <class T>
T* indexed(const Line<T>& line) {
  return line.data;
}
inline PlaceLine indexed(const PlaceLine& line) { return line; }

/// Whether the lines of a matrix follow one another without a gap.
template <class T>
bool fills(const MatrixView<T>& X, bool along_rows) {
  return along_rows ? X.col_stride == 1 && X.row_stride == X.cols : X.row_stride == 1 && X.col_stride == X.rows;
}
inline bool fills(const Places&, bool along_rows) { return along_rows; }

/// f(y, x...) for each entry of Y and its counterparts, as for_each_entry; matrices are the same or do not overlap, for entries
/// are taken many at a time.
template <class T, class F, class... X>
void map_lines(F f, const MatrixView<T>& Y, const X&... others) {
  const Walk<T> walk(Y);
  const bool unit = unit_strides(walk, Y, others...);
  const bool joined =
      fills(Y, walk.along_rows) && (fills(others, walk.along_rows) && ...);  // the lines of a piece are one
  for_each_piece(walk.pieces, [&](Index piece) {
    const Index begin = piece * walk.lines_per_piece, end = std::min(walk.lines, begin + walk.lines_per_piece);
    const auto data = [&](const auto& view, Index i) { return indexed(line(view, walk.along_rows, i)); };
    if (joined) return vector_line_loop((end - begin) * walk.length, f, data(Y, begin), data(others, begin)...);
    for (Index i = begin; i < end; ++i)
      if (unit)
        vector_line_loop(walk.length, f, data(Y, i), data(others, i)...);
      else
        line_loop(walk.length, f, line(Y, walk.along_rows, i), line(others, walk.along_rows, i)...);
  });
}

}  // namespace steepest::host_detail
