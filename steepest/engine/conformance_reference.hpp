#pragma once
// What the verbs of an engine mean, written as plain loops: the reference of the conformance suite.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
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

inline Dense transposed(const Dense& A) {
  return generate(A.cols, A.rows, [&](Index i, Index j) { return A(j, i); });
}

inline Dense multiplied(const Dense& A, const Dense& B) {
  return generate(A.rows, B.cols, [&](Index i, Index j) {
    long double sum = 0;
    for (Index k = 0; k < A.cols; ++k) sum += static_cast<long double>(A(i, k)) * B(k, j);
    return static_cast<double>(sum);
  });
}

/// s A + t B; B is not read where t = 0.
inline Dense combined(double s, const Dense& A, double t, const Dense& B) {
  return generate(A.rows, A.cols, [&](Index i, Index j) { return s * A(i, j) + (t == 0 ? 0 : t * B(i, j)); });
}

inline Dense identity(Index n) {
  return generate(n, n, [](Index i, Index j) { return i == j ? 1.0 : 0.0; });
}

inline Dense diagonal(const Dense& row) {
  return generate(row.cols, row.cols, [&](Index i, Index j) { return i == j ? row(0, i) : 0.0; });
}

/// Folds f over the entries in long double.
template <class F>
double folded(const Dense& A, F&& f) {
  long double result = 0;
  for (const double x : A.entries) result = f(result, static_cast<long double>(x));
  return static_cast<double>(result);
}

inline double frobenius(const Dense& A) {
  return std::sqrt(folded(A, [](long double sum, long double x) { return sum + x * x; }));
}

inline double abs_sum(const Dense& A) {
  return folded(A, [](long double sum, long double x) { return sum + std::abs(x); });
}

inline double dot(const Dense& A, const Dense& B) {
  long double sum = 0;
  for (std::size_t i = 0; i < A.entries.size(); ++i) sum += static_cast<long double>(A.entries[i]) * B.entries[i];
  return static_cast<double>(sum);
}

inline Dense row(const Dense& A, Index i) {
  return generate(1, A.cols, [&](Index, Index j) { return A(i, j); });
}

/// error / bound; no error is within any bound, NaN within none.
inline double share(double error, double bound) {
  if (error == 0) return 0;
  const double ratio = error / bound;
  return std::isnan(ratio) ? std::numeric_limits<double>::infinity() : ratio;
}

/// The largest ||got - want||_F / bound of a batch; at most 1 when each is within its bound.
inline double normwise_excess(const Batch& got, const Batch& want, const Numbers& bounds) {
  double worst = got.size() == want.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < want.size(); ++i)
    worst = std::max(worst, share(frobenius(combined(1, got[i], -1, want[i])), bounds[i]));
  return worst;
}

/// The largest |got_ij - want_ij| / bound_ij of a batch.
inline double entrywise_excess(const Batch& got, const Batch& want, const Batch& bounds) {
  double worst = got.size() == want.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < want.size(); ++i)
    for (std::size_t k = 0; k < want[i].entries.size(); ++k)
      worst = std::max(worst, share(std::abs(got[i].entries[k] - want[i].entries[k]), bounds[i].entries[k]));
  return worst;
}

/// The largest |got - want| / bound.
inline double excess(const Numbers& got, const Numbers& want, const Numbers& bounds) {
  double worst = got.size() == want.size() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < want.size(); ++i) worst = std::max(worst, share(std::abs(got[i] - want[i]), bounds[i]));
  return worst;
}

/// The bits of the entries, so that a NaN equals itself and -0 differs from 0.
inline bool same_bits(const Batch& a, const Batch& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Dense& A, const Dense& B) {
    return A.rows == B.rows && A.cols == B.cols &&
           std::equal(A.entries.begin(), A.entries.end(), B.entries.begin(), [](double x, double y) {
             return std::signbit(x) == std::signbit(y) && (x == y || (std::isnan(x) && std::isnan(y)));
           });
  });
}

}  // namespace steepest::conformance
