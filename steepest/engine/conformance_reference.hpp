#pragma once
// What the verbs of an engine mean, written as plain loops: the reference of the conformance suite.

#include <cstddef>
#include <vector>

#include "steepest/base/view.hpp"

namespace steepest::conformance {

/// A column-major matrix of doubles that owns its entries.
struct Dense {
  Index rows = 0;
  Index cols = 0;
  std::vector<double> entries;

  Dense() = default;
  Dense(Index m, Index n, double value = 0) : rows(m), cols(n), entries(static_cast<std::size_t>(m * n), value) {}
  double& operator()(Index i, Index j) { return entries[static_cast<std::size_t>(i + j * rows)]; }
  double operator()(Index i, Index j) const { return entries[static_cast<std::size_t>(i + j * rows)]; }
};

/// One matrix for each entry of a batch.
using Batch = std::vector<Dense>;
/// One number for each entry of a batch.
using Numbers = std::vector<double>;

template <class F>
Dense generate(Index m, Index n, F&& f) {
  Dense A(m, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < m; ++i) A(i, j) = f(i, j);
  return A;
}

/// f applied to corresponding matrices of batches (or numbers): map(transposed, X), map(multiplied, X, Y).
template <class F, class First, class... Others>
auto map(F&& f, const First& first, const Others&... others) {
  std::vector<decltype(f(first.front(), others.front()...))> results;
  for (std::size_t i = 0; i < first.size(); ++i) results.push_back(f(first[i], others[i]...));
  return results;
}

/// f applied to corresponding entries of matrices of batches.
template <class F, class... Others>
Batch map_entries(F&& f, const Batch& first, const Others&... others) {
  return map(
      [&](const Dense& A, const auto&... B) {
        return generate(A.rows, A.cols, [&](Index i, Index j) { return f(A(i, j), B(i, j)...); });
      },
      first, others...);
}

Dense transposed(const Dense& A);
Dense multiplied(const Dense& A, const Dense& B);
/// s A + t B; B is not read where t = 0.
Dense combined(double s, const Dense& A, double t, const Dense& B);
Dense identity(Index n);
Dense diagonal(const Dense& row);
Dense row(const Dense& A, Index i);

// Sums are taken in long double.
double frobenius(const Dense& A);
double sum(const Dense& A);
double abs_sum(const Dense& A);
double max_abs(const Dense& A);
double dot(const Dense& A, const Dense& B);

/// The largest ||got - want||_F / bound of a batch; at most 1 when each is within its bound. No error is within any
/// bound, NaN within none.
double normwise_excess(const Batch& got, const Batch& want, const Numbers& bounds);
/// The largest |got_ij - want_ij| / bound_ij of a batch.
double entrywise_excess(const Batch& got, const Batch& want, const Batch& bounds);
/// The largest |got - want| / bound.
double excess(const Numbers& got, const Numbers& want, const Numbers& bounds);

/// The bits of the entries, so that a NaN equals itself and -0 differs from 0.
bool same_bits(const Batch& a, const Batch& b);
/// Whether each matrix of the batch is its own transpose, bit for bit.
bool symmetric(const Batch& A);

}  // namespace steepest::conformance
