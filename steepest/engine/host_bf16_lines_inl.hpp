#pragma once
// Elementwise maps of the host engine in bf16: loops over lines of memory, compiled for the vectors of the machine they run on.
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

template <class F, class... T>
void vector_line_loop(Index n, F f, T*... lines) {
  with_machine_vectors([=](auto... line) { line_loop(n, f, line...); }, lines...);
}

/// f(y, x...) for each entry of Y and its counterparts, as for_each_entry; matrices are the same or do not overlap, for entries
/// are taken many at a time.
template <class T, class F, class... X>
void map_lines(F f, const MatrixView<T>& Y, const X&... others) {
  const Walk<T> walk(Y);
  const bool unit = unit_strides(walk, Y, others...);
  const auto fills = [&](const auto& view) {
    return walk.along_rows ? view.col_stride == 1 && view.row_stride == view.cols
                           : view.row_stride == 1 && view.col_stride == view.rows;
  };
  const bool joined = fills(Y) && (fills(others) && ...);  // the lines of a piece are one
  for_each_piece(walk.pieces, [&](Index piece) {
    const Index begin = piece * walk.lines_per_piece, end = std::min(walk.lines, begin + walk.lines_per_piece);
    const auto data = [&](const auto& view, Index i) { return line(view, walk.along_rows, i).data; };
    if (joined) return vector_line_loop((end - begin) * walk.length, f, data(Y, begin), data(others, begin)...);
    for (Index i = begin; i < end; ++i)
      if (unit)
        vector_line_loop(walk.length, f, data(Y, i), data(others, i)...);
      else
        line_loop(walk.length, f, line(Y, walk.along_rows, i), line(others, walk.along_rows, i)...);
  });
}

}  // namespace steepest::host_detail
