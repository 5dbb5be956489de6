#include "steepest/engine/conformance_reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace steepest::conformance {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Folds f over the entries in long double.
template <class F>
double folded(const Dense& A, F&& f) {
  long double result = 0;
  for (const double x : A.entries) result = f(result, static_cast<long double>(x));
  return static_cast<double>(result);
}

double share(double error, double bound) {
  if (error == 0) return 0;
  const double ratio = error / bound;
  return std::isnan(ratio) ? infinity : ratio;
}

bool same_bits(double x, double y) {
  return std::signbit(x) == std::signbit(y) && (x == y || (std::isnan(x) && std::isnan(y)));
}

}  // namespace

Dense transposed(const Dense& A) {
  return generate(A.cols, A.rows, [&](Index i, Index j) { return A(j, i); });
}

Dense multiplied(const Dense& A, const Dense& B) {
  const Dense At = transposed(A);  // so that both walks run along memory
  return generate(A.rows, B.cols, [&](Index i, Index j) {
    long double sum = 0;
    for (Index k = 0; k < A.cols; ++k) sum += static_cast<long double>(At(k, i)) * B(k, j);
    return static_cast<double>(sum);
  });
}

Dense combined(double s, const Dense& A, double t, const Dense& B) {
  return generate(A.rows, A.cols, [&](Index i, Index j) { return s * A(i, j) + (t == 0 ? 0 : t * B(i, j)); });
}

Dense identity(Index n) {
  return generate(n, n, [](Index i, Index j) { return i == j ? 1.0 : 0.0; });
}

Dense diagonal(const Dense& row) {
  return generate(row.cols, row.cols, [&](Index i, Index j) { return i == j ? row(0, i) : 0.0; });
}

Dense row(const Dense& A, Index i) {
  return generate(1, A.cols, [&](Index, Index j) { return A(i, j); });
}

double frobenius(const Dense& A) {
  return std::sqrt(folded(A, [](long double sum, long double x) { return sum + x * x; }));
}

double sum(const Dense& A) {
  return folded(A, [](long double sum, long double x) { return sum + x; });
}

double abs_sum(const Dense& A) {
  return folded(A, [](long double sum, long double x) { return sum + std::abs(x); });
}

double max_abs(const Dense& A) {
  return folded(A, [](long double largest, long double x) { return std::max(largest, std::abs(x)); });
}

double dot(const Dense& A, const Dense& B) {
  long double sum = 0;
  for (std::size_t i = 0; i < A.entries.size(); ++i) sum += static_cast<long double>(A.entries[i]) * B.entries[i];
  return static_cast<double>(sum);
}

double normwise_excess(const Batch& got, const Batch& want, const Numbers& bounds) {
  return excess(map([](const Dense& A, const Dense& B) { return frobenius(combined(1, A, -1, B)); }, got, want),
                Numbers(got.size(), 0.0), bounds);
}

double entrywise_excess(const Batch& got, const Batch& want, const Batch& bounds) {
  double worst = got.size() == want.size() ? 0 : infinity;
  for (std::size_t i = 0; i < want.size(); ++i)
    worst = std::max(worst, excess(got[i].entries, want[i].entries, bounds[i].entries));
  return worst;
}

double excess(const Numbers& got, const Numbers& want, const Numbers& bounds) {
  double worst = got.size() == want.size() ? 0 : infinity;
  for (std::size_t i = 0; i < want.size(); ++i) worst = std::max(worst, share(std::abs(got[i] - want[i]), bounds[i]));
  return worst;
}

bool same_bits(const Batch& a, const Batch& b) {
  const auto same = [](double x, double y) { return same_bits(x, y); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const Dense& A, const Dense& B) {
    return A.rows == B.rows && A.cols == B.cols &&
           std::equal(A.entries.begin(), A.entries.end(), B.entries.begin(), same);
  });
}

bool symmetric(const Batch& A) { return same_bits(A, map(transposed, A)); }

}  // namespace steepest::conformance
