#pragma once
// Elementwise maps of the host engine in bf16: loops over lines of memory, compiled for the vectors of the machine they run on.
// Its sources are compiled with -ffp-contract=off, so that the bits are the same whatever the vectors.
#include <algorithm>

#include "steepest/engine/host_passes_inl.hpp"

namespace steepest::host_detail {

/// f(y[k], x[k]...) for k < n. Lines are the same or do not overlap.
template <class F, class... Line>
[[gnu::always_inline]] inline void line_loop(Index n, F f, Line... lines) {
#pragma omp simd
  for (Index k = 0; k < n; ++k) f(lines[k]...);
}

#if defined(__x86_64__)
// `flatten` takes the body of f into the function, where the vectors are wide.
template <class F, class... Line>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl"), gnu::flatten]] void line_loop_avx512(Index n, F f, Line... lines) {
  line_loop(n, f, lines...);
}
template <class F, class... Line>
[[gnu::target("avx2"), gnu::flatten]] void line_loop_avx2(Index n, F f, Line... lines) {
  line_loop(n, f, lines...);
}

enum class Vectors { baseline, avx2, avx512 };

inline Vectors vectors_here() {
  static const Vectors here = [] {
    const bool avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                        __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
    if (avx512) return Vectors::avx512;
    return __builtin_cpu_supports("avx2") != 0 ? Vectors::avx2 : Vectors::baseline;
  }();
  return here;
}

template <class F, class... T>
void vector_line_loop(Index n, F f, T*... lines) {
  switch (vectors_here()) {
    case Vectors::avx512:
      return line_loop_avx512(n, f, lines...);
    case Vectors::avx2:
      return line_loop_avx2(n, f, lines...);
    case Vectors::baseline:
      return line_loop(n, f, lines...);
  }
}
#else
template <class F, class... T>
void vector_line_loop(Index n, F f, T*... lines) {
  line_loop(n, f, lines...);
}
#endif

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
