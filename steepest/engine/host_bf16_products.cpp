// Products of the host engine in bf16. The blocks of a result are those of Host<float>: fixed by its size, one primitive of
// one thread each.
#include <cstddef>

#include "steepest/engine/host_bf16.hpp"
#include "steepest/engine/host_lines_inl.hpp"
#include "steepest/engine/host_products_inl.hpp"
#include "steepest/engine/thread_scratch.hpp"

namespace steepest {
namespace {

using Operand = Host<BFloat16>::Operand;

struct Shape {
  Index rows, cols;
};

Shape shape_of(const Operand& X) {
  return std::visit([](const auto& view) { return Shape{view.rows, view.cols}; }, X);
}

const void* data_of(const Operand& X) {
  return std::visit([](const auto& view) -> const void* { return view.data; }, X);
}

bool is_wide(const Operand& X) { return std::holds_alternative<MatrixView<float>>(X); }

/// One block of a result that is cut along its longer side, or into columns where it takes the place of its second factor.
struct Cut {
  bool by_columns;
  Index side, blocks;

  Cut(Shape whole, Index k, bool in_place)
      : by_columns(in_place || whole.cols >= whole.rows),
        side(by_columns ? whole.cols : whole.rows),
        blocks(host_detail::blocks_of(
            side, static_cast<double>(whole.rows) * static_cast<double>(whole.cols) * static_cast<double>(k))) {}

  template <class T>
  MatrixView<T> columns_of(const MatrixView<T>& X, Index i) const {
    const auto [begin, size] = host_detail::block_range(side, blocks, i);
    return by_columns ? X.block(0, begin, X.rows, size) : X;
  }
  template <class T>
  MatrixView<T> rows_of(const MatrixView<T>& X, Index i) const {
    const auto [begin, size] = host_detail::block_range(side, blocks, i);
    return by_columns ? X : X.block(begin, 0, size, X.cols);
  }
  Operand block_of(const Operand& X, Index i) const {
    return std::visit([&](const auto& view) { return Operand(rows_of(columns_of(view, i), i)); }, X);
  }
};

}  // namespace

/// A factor as the sum of one or two bf16 matrices; `low` is without data where there is one.
struct Host<BFloat16>::Term {
  MatrixView<const BFloat16> high, low;

  Term(Frame& frame, const Operand& X) {
    if (const auto* narrow = std::get_if<Matrix>(&X)) {
      high = *narrow;
      return;
    }
    const Gram& wide = std::get<Gram>(X);
    const Matrix first = frame.matrix_like(wide);
    const Matrix rest = frame.matrix_like(wide);
    host_detail::map_lines(
        [](BFloat16& upper, BFloat16& lower, float x) {
          upper = BFloat16(x);
          lower = BFloat16(x - float(upper));
        },
        first, rest, wide);
    high = first;
    low = rest;
  }
};

void Host<BFloat16>::product_in_f32(double alpha, const Operand& A, const Operand& B, double beta, const Operand& C,
                                    const Operand& D) {
  Frame frame(arena_);
  const Gram W = place_for(frame, D);
  if (beta != 0) copy(C, W);
  wide_.product(alpha, widened(frame, A), widened(frame, B), beta, W, W);
  copy(W, D);
}

void Host<BFloat16>::split_product(const Term& A, const Term& B, double alpha, double beta, const Operand& C,
                                   const Operand& D) {
  const Shape whole = shape_of(D);
  const bool in_place = whole.rows * whole.cols > 0 &&
                        data_of(D) == B.high.data;  // a block is stored when its product, in f32 scratch, is whole
  const Cut cut(whole, A.high.cols, in_place);
  // One product is rounded to D by oneDNN itself; a sum of them goes through f32.
  const bool direct = is_wide(D) || (A.low.data == nullptr && B.low.data == nullptr);
  assert(!(in_place && direct));
  const bool separate = direct && beta != 0 && data_of(C) != data_of(D);
  const auto place = [&](Index i, std::byte* scratch) -> Operand {
    const Operand part = cut.block_of(D, i);
    if (direct) return part;
    const auto [m, n] = shape_of(part);
    auto* const data = reinterpret_cast<float*>(scratch);
    const bool upright = std::visit([](const auto& view) { return view.column_major(); }, part);
    return upright ? column_major(data, m, n) : row_major(data, m, n);
  };
  // The products that piece i is the sum of, with what they multiply and what is there already.
  const double first = direct ? beta : 0, factor = direct ? alpha : 1;
  const auto for_each_term = [&](Index i, auto&& f) {
    f(cut.rows_of(A.high, i), cut.columns_of(B.high, i), first);
    if (A.low.data != nullptr) f(cut.rows_of(A.low, i), cut.columns_of(B.high, i), 1);
    if (B.low.data != nullptr) f(cut.rows_of(A.high, i), cut.columns_of(B.low, i), 1);
  };
  const Index longest = (cut.side + cut.blocks - 1) / cut.blocks;
  const auto sum_bytes = static_cast<std::size_t>(longest * (cut.by_columns ? whole.rows : whole.cols)) * sizeof(float);
  const std::size_t offset = direct ? 0 : (sum_bytes + 63) / 64 * 64;
  std::size_t bytes = 0;
  for (Index i = 0; i < cut.blocks; ++i)
    for_each_term(i, [&](const auto& X, const auto& Y, double before) {
      const auto needed = [&](const auto& sum) { return products_.scratch_bytes(factor, X, Y, before, sum); };
      bytes = std::max(bytes, std::visit(needed, place(i, nullptr)));
    });
  Frame frame(arena_);
  const ThreadScratch scratch(frame, cut.blocks, offset + bytes);
  for_each_piece(cut.blocks, [&](Index i) {
    std::byte* const mine = scratch.mine();
    const Operand part = cut.block_of(D, i), sum = place(i, mine);
    if (separate) copy(cut.block_of(C, i), part);
    for_each_term(i, [&](const auto& X, const auto& Y, double before) {
      std::visit([&](const auto& view) { products_.multiply(factor, X, Y, before, view, mine + offset); }, sum);
    });
    if (direct) return;
    if (beta == 0)
      scale(alpha, sum, part);
    else
      add(alpha, sum, beta, cut.block_of(C, i), part);
  });
}

void Host<BFloat16>::product(double alpha, const Operand& A, const Operand& B, double beta, const Operand& C,
                             const Operand& D) {
  const auto [m, k] = shape_of(A);
  const Index n = shape_of(B).cols;
  assert(shape_of(B).rows == k && shape_of(D).rows == m && shape_of(D).cols == n);
  // oneDNN 2.6 fails on some layouts of vectors.
  const bool of_grams = is_wide(A) && is_wide(B) && kernels_ != Bf16Kernels::split;
  const bool in_f32 = of_grams || kernels_ == Bf16Kernels::f32 || m < 2 || n < 2 || k == 0;
  if (in_f32) return product_in_f32(alpha, A, B, beta, C, D);
  Frame frame(arena_);
  split_product(Term(frame, A), Term(frame, B), alpha, beta, C, D);
}

void Host<BFloat16>::gram(const Operand& X, const Gram& A) {
  constexpr Index smallest = 32;  // so that no block row is a vector
  if (is_wide(X) || kernels_ == Bf16Kernels::f32 || A.rows < smallest || shape_of(X).cols == 0) {
    Frame frame(arena_);
    return wide_.gram(widened(frame, X), A);
  }
  const MatrixView<const BFloat16> Y = std::get<Matrix>(X);
  const Index s = Y.rows;
  // Block rows of the lower triangle: what lies left of the diagonal in one product, as oneDNN packs its second factor anew
  // each time, and the diagonal in strips, so that less of the other triangle is computed. Both sizes were measured.
  const Index rows = std::max<Index>(1, s / 128);
  const Index strips = std::clamp<Index>(s / rows / 32, 1, 4);
  const auto for_part = [&](Index piece, auto&& f) {
    const auto part = [&](Index begin, Index size, Index left, Index columns) {
      if (columns > 0)
        f(Y.block(begin, 0, size, Y.cols), Y.block(left, 0, columns, Y.cols).transposed(),
          A.block(begin, left, size, columns));
    };
    const bool on_diagonal = piece >= rows;
    const Index row = on_diagonal ? (piece - rows) / strips : rows - 1 - piece;  // the longest first
    const auto [begin, size] = host_detail::block_range(s, rows, row);
    if (!on_diagonal) return part(begin, size, 0, begin);
    const auto [down, height] = host_detail::block_range(size, strips, (piece - rows) % strips);
    part(begin + down, height, begin, down + height);
  };
  const Index pieces = (1 + strips) * rows;
  std::size_t bytes = 0;
  for (Index piece = 0; piece < pieces; ++piece)
    for_part(piece, [&](const auto& X_rows, const auto& columns, const Gram& part) {
      bytes = std::max(bytes, products_.scratch_bytes(1, X_rows, columns, 0, part));
    });
  Frame frame(arena_);
  const ThreadScratch scratch(frame, pieces, bytes);
  const auto run = [&](Index piece) {
    for_part(piece, [&](const auto& X_rows, const auto& columns, const Gram& part) {
      products_.multiply(1, X_rows, columns, 0, part, scratch.mine());
    });
  };
  if (double(s) * double(s) * double(Y.cols) / 2 >= host_detail::smallest_shared_work)
    for_each_piece(pieces, run);
  else
    for (Index piece = 0; piece < pieces; ++piece) run(piece);
  host_detail::mirror(A);
}

}  // namespace steepest
