#pragma once
// Tensors that hold several matrices: fused projections, heads, experts, the taps of a convolution. What is done to a
// matrix (a map, a norm, a scale) is done to each part by itself, with the part's own shape.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/engine/engine.hpp"

namespace steepest {

/// Rows first + g stride .. first + g stride + size of a stored matrix, g = 0 .. pieces - 1, taken as one matrix.
struct SplitPart {
  Index first, size, stride, pieces;
  Index rows() const { return size * pieces; }
  /// True when the rows lie together, so that the part is a view.
  bool together() const { return pieces == 1 || size == stride; }
  friend bool operator==(const SplitPart&, const SplitPart&) = default;
};

/// How the rows (or columns) of a stored matrix belong to parts. The pattern `sizes` repeats in groups; block b is all
/// of its pieces as one matrix, or each piece is a matrix by itself.
struct Split {
  enum class Kind {
    none,         // one matrix
    equal,        // `sizes` holds the number of parts, all of one size: heads, experts, fused blocks of one size
    blocks,       // once: [Q; K; V], [gate; up]
    interleaved,  // as often as fits: [q k v, q k v, ...] by groups of heads; Q is the q of all groups
    per_group,    // the same, but the q of each group is a matrix
    taps,         // `sizes` holds k^2: the columns of a flattened convolution [out, in k^2], one out x in matrix a tap
  };
  Kind kind = Kind::none;
  std::vector<Index> sizes{};

  static Split equal(Index parts) { return {Kind::equal, {parts}}; }
  static Split blocks(std::vector<Index> rows) { return {Kind::blocks, std::move(rows)}; }
  static Split interleaved(std::vector<Index> rows) { return {Kind::interleaved, std::move(rows)}; }
  static Split per_group(std::vector<Index> rows) { return {Kind::per_group, std::move(rows)}; }
  static Split taps(Index taps) { return {Kind::taps, {taps}}; }

  bool of_columns() const { return kind == Kind::taps; }
  friend bool operator==(const Split&, const Split&) = default;
};

/// "none", "equal(3)", "blocks(32,16,16)", ...
std::string text(const Split& split);
/// The split of such a text. Throws std::invalid_argument.
Split split_of(std::string_view text);

/// The parts of rows x cols; their rows are columns where split.of_columns(). Throws std::invalid_argument naming
/// `parameter` where the sizes do not add up or are not positive.
std::vector<SplitPart> parts(const Split& split, std::string_view parameter, Index rows, Index cols);

/// A part that lies together, as a view.
template <Engine E>
typename E::Matrix view_of(E& la, const SplitPart& part, const typename E::Matrix& X) {
  return la.row_block(X, part.first, part.rows());
}

/// Y = the part of X, part.rows() x cols(X).
template <Engine E>
void gather(E& la, const SplitPart& part, const typename E::Matrix& X, typename E::Matrix& Y) {
  for (Index g = 0; g < part.pieces; ++g) {
    auto piece = la.row_block(Y, g * part.size, part.size);
    la.copy(la.row_block(X, part.first + g * part.stride, part.size), piece);
  }
}

/// The part of X = Y.
template <Engine E>
void scatter(E& la, const SplitPart& part, const typename E::Matrix& Y, typename E::Matrix& X) {
  for (Index g = 0; g < part.pieces; ++g) {
    auto piece = la.row_block(X, part.first + g * part.stride, part.size);
    la.copy(la.row_block(Y, g * part.size, part.size), piece);
  }
}

/// The part of X as a matrix of its own: a view where it lies together, else a copy in `frame`, in X's storage order.
/// Where `of_columns`, the part's rows are columns of X.
template <Engine E, class Frame>
typename E::Matrix taken(E& la, Frame& frame, const SplitPart& part, bool of_columns, const typename E::Matrix& X) {
  const auto turned = [&](const typename E::Matrix& A) { return of_columns ? la.transposed(A) : A; };
  const auto Y = turned(X);
  if (part.together()) return turned(view_of(la, part, Y));
  auto copy = frame.matrix_like(la.row_block(Y, 0, part.rows()));
  gather(la, part, Y, copy);
  return turned(copy);
}

/// The part of X = B, where B is what `taken` gave and was written to since.
template <Engine E>
void put_back(E& la, const SplitPart& part, bool of_columns, const typename E::Matrix& B, typename E::Matrix& X) {
  if (part.together()) return;
  auto Y = of_columns ? la.transposed(X) : X;
  scatter(la, part, of_columns ? la.transposed(B) : B, Y);
}

/// f(G_b, D_b, b) for each part b: a matrix to read and one to write, whose rows are those of the part (its columns,
/// where `of_columns`). Views where the part lies together, else copies. G and D do not overlap.
template <Engine E, class F>
void for_each_part(E& la, std::span<const SplitPart> parts, bool of_columns, const typename E::Matrix& G,
                   typename E::Matrix& D, F&& f) {
  std::size_t b = 0;
  for (const SplitPart& part : parts) {
    auto frame = la.frame();
    auto D_part = taken(la, frame, part, of_columns, D);
    f(taken(la, frame, part, of_columns, G), D_part, b++);
    put_back(la, part, of_columns, D_part, D);
  }
}

/// f(X_b) for each part; f reads alone.
template <Engine E, class F>
void read_parts(E& la, std::span<const SplitPart> parts, bool of_columns, const typename E::Matrix& X, F&& f) {
  for (const SplitPart& part : parts) {
    auto frame = la.frame();
    f(taken(la, frame, part, of_columns, X));
  }
}

}  // namespace steepest
