#pragma once
// The seam of the library: what an algorithm may ask of the machine it runs on.
//
// Everything in polar/, norm/ and optim/ is a template over these concepts and never names a machine.
// An engine names
//   Matrix   a view of an m x n matrix in its storage type; on a device a batch [b, m, n] of them
//   Gram     a view of a symmetric s x s matrix, or of a factor of one; never stored below f32
//   Scalar   the type of norms and inner products: double on the host, a [b, 1, 1] f64 tensor on a device; a double
//            converts to one, so that constants are written as numbers
//   Gate     the answer to "is this step to be taken": a bool on the host, a boolean tensor on a device
//
// Contracts that hold for every verb:
//   * results go to output arguments, last in the list; outputs do not overlap inputs unless a verb says that they may
//   * sizes are asserted, not checked: faces check
//   * a verb never reads a Scalar back to the host (eigh and svd of libtorch ask whether they converged); algorithm
//     text does arithmetic on Scalars and never compares them
//   * symmetric results are computed as one triangle and stored full
//   * the result of a verb does not depend on the number of threads

#include <concepts>
#include <string_view>

#include "steepest/base/reading.hpp"
#include "steepest/base/view.hpp"
#include "steepest/engine/updates.hpp"

namespace steepest {

/// Products, norms and copies: all that polynomial methods and norms need.
template <class E>
concept Engine = std::convertible_to<double, typename E::Scalar> &&
    requires(E& la, const typename E::Matrix& X, typename E::Matrix& Y, const typename E::Gram& A, typename E::Gram& B,
             const typename E::Scalar& s, double c, Index k, void (*f)(E&, Index)) {
  { la.name() } -> std::convertible_to<std::string_view>;  // "host f32", "aten cpu bf16", ...
  // Shapes.
  { la.rows(X) } -> std::same_as<Index>;
  { la.cols(X) } -> std::same_as<Index>;
  { la.batch(X) } -> std::same_as<Index>;                         // 1 on the host
  { la.transposed(X) } -> std::same_as<typename E::Matrix>;       // a view
  { la.row_block(X, k, k) } -> std::same_as<typename E::Matrix>;  // a view: first row, number of rows
  { E::epsilon() } -> std::same_as<double>;  // spacing of 1 in the storage of Matrix: 2^-52, 2^-23, 2^-7

  // Independent pieces of work: f(worker, i) for i = 0 .. k-1, on the host one thread, one piece, one arena; an only piece
  // has the engine itself and all its threads.
  la.each(k, f);
  { la.threads() } -> std::same_as<int>;  // that work on pieces at once; 1 where the device has its own parallelism

  // Scratch of one scope: gone when the frame is. A warm frame allocates nothing on the host.
  {la.frame()};
  { la.frame().matrix_like(X) } -> std::same_as<typename E::Matrix>;
  { la.frame().matrix(X, k, k) } -> std::same_as<typename E::Matrix>;  // k x k, batched as X is
  { la.frame().gram(X, k) } -> std::same_as<typename E::Gram>;         // k x k, batched as X is
  { la.frame().gram_of(X) } -> std::same_as<typename E::Gram>;         // rows(X) x rows(X)

  // Products.
  la.product(c, X, X, c, X, Y);  // Y = c0 X1 X2 + c1 X3, X3 unread where c1 = 0; Y may be X3; an X may be a Gram; where
                                 // X1 is one and c1 = 0, Y may be X2: on the host through a block of it at a time
  la.gram(X, B);                 // B = X X'
  la.symmetric_square(c, A, c, A, B);      // B = c0 A A + c1 A2; B may be A2
  la.symmetric_product(c, A, A, c, A, B);  // B = c0 A1 A2 + c1 A3, A1 and A2 commute; B may be A3

  // Elementwise; outputs may be inputs.
  la.copy(X, Y);          // Y = X
  la.scale(s, X, Y);      // Y = s X
  la.add(s, X, s, X, Y);  // Y = s0 X0 + s1 X1
  la.add_identity(c, B);  // B = B + c I
  la.symmetrize(Y);       // Y = (Y + Y') / 2, square
  la.fill(c, Y);          // Y = c everywhere

  // Reductions, accumulated in f64 and free of needless overflow and underflow.
  { la.dot(X, X) } -> std::same_as<typename E::Scalar>;     // <X, Y> = sum x_ij y_ij
  { la.frobenius(X) } -> std::same_as<typename E::Scalar>;  // ||X||_F
  { la.max_abs(X) } -> std::same_as<typename E::Scalar>;    // max |x_ij|
  { la.one_norm(X) } -> std::same_as<typename E::Scalar>;   // largest column sum of |x_ij|
  { la.trace(A) } -> std::same_as<typename E::Scalar>;      // of a square matrix

  // Scalars. reciprocal guards zero: 1/0 = 0, which is what makes D(0) = 0.
  { la.reciprocal(s) } -> std::same_as<typename E::Scalar>;
  { la.square_root(s) } -> std::same_as<typename E::Scalar>;
  { la.absolute(s) } -> std::same_as<typename E::Scalar>;
  { la.power_of_two(s) } -> std::same_as<typename E::Scalar>;  // 2^-e with 2^e <= s < 2^(e+1), |e| <= 1000; 1 for s = 0
  { s* s } -> std::convertible_to<typename E::Scalar>;
  { s + s } -> std::convertible_to<typename E::Scalar>;
  { s - s } -> std::convertible_to<typename E::Scalar>;
  { la.reading(s) } -> std::same_as<Reading>;  // the largest of a batch, read when asked
};

/// Adds the factorizations that rational methods and the oracles need.
template <class E>
concept FactorEngine = Engine<E> &&
    requires(E& la, const typename E::Matrix& X, typename E::Matrix& Y, const typename E::Gram& A, typename E::Gram& B,
             const typename E::Scalar& s, double c, Index k) {
  la.cholesky(A, B);            // A = B B', B lower triangular, NaN in B unless A is positive definite; B may be A
  la.inverse(A, B);             // B = A^-1, A positive definite; NaN where it is not; B may be A
  la.solve_cholesky(A, Y);      // Y <- Y (L L')^-1 for the factor L = A: each row of Y is a right-hand side
  la.solve_triangular(A, Y);    // Y <- Y L'^-1 for the factor L = A, the first half of solve_cholesky
  la.triangular_inverse(A, B);  // B = A^-1, A lower triangular (zero above); B likewise; B may be A
  la.triangular_product(c, X, A, c, X, Y);  // as product, A lower triangular: its zero blocks are skipped; Y may be X3
  la.qr(X, Y, B);                           // X = Y B, tall X: Y'Y = I, B upper triangular
  la.qr_factors(X, Y, Y, B);     // as qr, Q kept in the engine's own form in the Ys, m x n and as frames hand them out
  la.multiply_by_q(Y, Y, X, Y);  // Y3 = Q X for that Q, X n x k with k <= n
  la.pivoted_qr(X, Y, B, Y);     // X P = Y B as qr, with the larger columns first; the last Y, 1 x n, is P's order
  la.descending(X, Y);  // order of the entries of X, 1 x n, from the largest on; of equal ones the first comes first
  la.permute_columns(X, X, Y);  // column order_j of Y = column j of X2, order = X1 (undoes P)
  la.eigh(A, B, Y);             // A = B diag(Y) B', ascending; Y is 1 x s
  la.svd(X, Y, Y, Y);           // X = P diag(S) Q'; m x n with k = min(m, n): P m x k, S 1 x k, Qt k x n
  la.indicator(X, s, Y);        // y_ij = 1 where x_ij > s, else 0
  la.power(c, X, Y);            // y_ij = x_ij^c where x_ij > 0, else 0; Y may be X
  la.scale_columns(X, X, Y);    // Y = X2 diag(d), d = X1 is 1 x n; Y may be X2
  la.random_normal(k, Y);       // standard normals of this seed, the same for equal engines and shapes
};

/// Adds the memory-bound passes of optimizers, each fused where the engine can. What a closed gate guards keeps its
/// value bit for bit, and no device is asked whether it is closed.
template <class E>
concept ElementwiseEngine = Engine<E> && requires(E& la, const typename E::Matrix& X, typename E::Matrix& Y,
                                                  const typename E::Gate& gate, const typename E::Scalar& s, double c) {
  { la.finite_gate(s) } -> std::same_as<typename E::Gate>;  // open for a finite number: a norm has seen every entry
  { la.both(gate, gate) } -> std::convertible_to<typename E::Gate>;
  { la.surely_closed(gate) } -> std::same_as<bool>;  // true only where that is known without a device read

  la.accumulate(gate, s, Y, s, X);  // Y = s0 Y + s1 X
  la.decay_and_subtract(gate, s, Y, s,
                        X);                // Y = s0 Y - s1 X, the step of a weight; the same arithmetic in either order
  la.accumulate_square(gate, c, Y, s, X);  // Y = c Y + (1 - c) (s X)^2
  la.adam_direction(s, X, s, X, c, Y);     // Y = (s0 X0) / (sqrt(s1 X1) + c), and 0 where that divides by 0
  la.sign(X, Y);                           // sign(0) = 0
  la.normalize_rows(c, X, Y);              // y_i = c x_i / ||x_i||_2, 0 for a zero row; outputs may be inputs
  la.normalize_columns(c, X, Y);
  { la.row_norm_sum(X) } -> std::same_as<typename E::Scalar>;  // sum_i ||x_i||_2
  { la.row_norm_max(X) } -> std::same_as<typename E::Scalar>;
  { la.abs_sum(X) } -> std::same_as<typename E::Scalar>;        // sum |x_ij|
  { la.advance(gate, s) } -> std::same_as<typename E::Scalar>;  // s + 1 through an open gate, s through a closed one
  { la.one_minus_power(c, s) } -> std::same_as<typename E::Scalar>;  // 1 - c^s
};

/// Adds whole updates (updates.hpp) in one pass: every matrix is read once, W, M and V are written once. Engines without
/// it take the same steps in several passes, to the same numbers within rounding.
template <class E>
concept OnePassEngine = ElementwiseEngine<E> &&
    requires(E& la, typename E::Matrix& W, typename E::Matrix& M, typename E::Matrix& V, const typename E::Matrix& G,
             const typename E::Gate& gate, const AdamUpdate<typename E::Scalar>& adam,
             const MomentumUpdate<typename E::Scalar>& momentum) {
  la.adam_update(gate, adam, W, M, V, G);
  la.momentum_update(gate, momentum, W, M, G);
};

/// Adds a companion that stores matrices in bf16, for polar factors of rounded matrices, and the passes between the two. The companion
/// works on the threads and in the scratch of its engine: frames of the two are scopes of one stack.
template <class E>
concept NarrowingEngine = ElementwiseEngine<E> && Engine<typename E::Narrow> &&
    requires(E& la, typename E::Matrix& W, typename E::Matrix& M, const typename E::Matrix& G,
             typename E::Narrow::Matrix& X, const typename E::Gate& gate, const typename E::Scalar& s,
             const ReadOut<typename E::Scalar>& c) {
  la.bf16();  // the companion, a reference or a value; made at the first call and kept
  { la.round_read_out(gate, c, M, G, X) } -> std::same_as<typename E::Scalar>;  // M = M', X = R to nearest; max |x_ij|
  la.decay_and_subtract(gate, s, W, s, X);                                      // W = s0 W - s1 X
};

/// Adds passes over first moments that are kept in bf16 (updates.hpp), the same as those over moments of its own but for rounding.
template <class E>
concept RoundedMomentEngine = OnePassEngine<E> && NarrowingEngine<E> &&
    requires(E& la, typename E::Matrix& W, const RoundedMoment<typename E::Narrow::Matrix>& M, typename E::Matrix& V,
             const typename E::Matrix& G, typename E::Narrow::Matrix& X, const typename E::Gate& gate,
             const AdamUpdate<typename E::Scalar>& adam, const MomentumUpdate<typename E::Scalar>& momentum) {
  la.adam_update(gate, adam, W, M, V, G);
  la.momentum_update(gate, momentum, W, M, G);
  la.read_out(gate, momentum.read_out, M, G, W);  // M = M', W = R; a closed gate leaves both
  la.read_out(gate, momentum.read_out, M, G, X);  // M = M', X = R to nearest; a closed gate leaves both
};

}  // namespace steepest
