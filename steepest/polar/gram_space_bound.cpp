#include "steepest/polar/gram_space_bound.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "steepest/base/check.hpp"
#include "steepest/polar/gram_halley_error.hpp"
#include "steepest/polar/restarts.hpp"

namespace steepest {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// What the steps between two restarts make of ||X|| <= v.
struct Block {
  double image;  // largest singular value of the exact result
  double error;  // ||(Q^ - Q) X||
  double Q;      // ||Q^||
};

// A polynomial in r - centre, and what it does on |r - centre| <= radius, also to symmetric matrices.
class Centred {
 public:
  Centred(std::span<const double> coefficients, double centre, double radius) : radius_(radius) {
    for (std::size_t k = coefficients.size(); k-- > 0;) {  // Horner: c <- c (y + centre) + c_k
      for (std::size_t i = coefficients.size() - 1; i > 0; --i) c_[i] = c_[i - 1] + centre * c_[i];
      c_[0] = centre * c_[0] + coefficients[k];
    }
  }
  // ||p(A) - p(B)|| <= this times ||A - B||, from A^k - B^k = sum A^i (A - B) B^(k-1-i).
  double lipschitz() const {
    double sum = 0;
    for (std::size_t k = 1; k < c_.size(); ++k)
      sum += static_cast<double>(k) * std::abs(c_[k]) * std::pow(radius_, static_cast<double>(k) - 1);
    return sum;
  }
  // max |p|: a quadratic has it at an end or where its derivative vanishes.
  double largest_of_quadratic() const {
    const auto p = [this](double y) { return std::abs(c_[0] + y * (c_[1] + y * c_[2])); };
    const double vertex = c_[2] == 0 ? 0 : std::clamp(-c_[1] / (2 * c_[2]), -radius_, radius_);
    return std::max({p(-radius_), p(radius_), p(vertex)});
  }

 private:
  double radius_;
  std::array<double, 6> c_{};
};

Block run_block(std::span<const OddPolynomial> steps, double v, const GramSpaceRounding& rounding) {
  Block block{.image = v, .error = 0, .Q = 1};
  double delta = rounding.gram * v * v;
  PolynomialSchedule so_far;
  for (const OddPolynomial& p : steps) {
    const double u = block.image;
    const double centre = u * u / 2;
    const double radius = centre + delta;  // R^ has its eigenvalues in [-delta, u^2 + delta]
    const std::array h{p.a, p.b, p.c};
    const std::array g{0.0, p.a * p.a, 2 * p.a * p.b, p.b * p.b + 2 * p.a * p.c, 2 * p.b * p.c, p.c * p.c};  // r h(r)^2
    const Centred H(h, centre, radius);
    const double size = centre + radius;
    const double terms = std::abs(p.a) + size * (std::abs(p.b) + size * std::abs(p.c));
    block.error = H.largest_of_quadratic() * block.error + H.lipschitz() * delta * u;
    block.Q *= H.largest_of_quadratic();
    delta = Centred(g, centre, radius).lipschitz() * delta + rounding.gram * terms * terms * size;
    if (!std::isfinite(delta) || !std::isfinite(block.error)) return {infinity, infinity, infinity};
    so_far.push_back(p);
    block.image = image(so_far, {0, v}).upper;
  }
  return block;
}

double evaluate(std::span<const HalleyStep> steps, double x) {
  for (const HalleyStep& f : steps) x *= (f.a + f.b * x * x) / (1 + f.c * x * x);
  return x;
}

// Of [0, v] under one step: at v, or where a + (3 b - a c) y + b c y^2 = 0, y = x^2.
double image_of_step(const HalleyStep& f, double v) {
  double largest = evaluate(std::span(&f, 1), v);
  const double half = (f.a * f.c - 3 * f.b) / 2;
  const double root = std::sqrt(half * half - f.a * f.b * f.c);
  for (const double y : {(half - root) / (f.b * f.c), (half + root) / (f.b * f.c)})
    if (y > 0 && y < v * v) largest = std::max(largest, evaluate(std::span(&f, 1), std::sqrt(y)));
  return largest;
}

Block run_block(std::span<const HalleyStep> steps, double v, const GramSpaceRounding& rounding) {
  const GramHalleyError bound =
      gram_halley_error(HalleySchedule(steps.begin(), steps.end()), {}, std::min(0.5, rounding.gram * v * v));
  if (!std::isfinite(bound.error)) return {infinity, infinity, infinity};
  Block block{.image = v, .error = bound.error, .Q = 1};
  for (const HalleyStep& f : steps) {
    block.image = image_of_step(f, block.image);
    block.Q *= f.b / f.c + (f.a - f.b / f.c) / bound.smallest_eigenvalue;
  }
  return block;
}

template <class Step>
double bound_of(const std::vector<Step>& schedule, std::span<const int> restarts, const GramSpaceRounding& rounding) {
  check_restarts(restarts, schedule.size());
  double v = 1 + rounding.gram;  // X is divided by a norm that R gives away
  std::size_t begin = 0;
  for (std::size_t k = 0; k <= restarts.size(); ++k) {
    const std::size_t end = k < restarts.size() ? static_cast<std::size_t>(restarts[k]) : schedule.size();
    const Block block = run_block(std::span(schedule).subspan(begin, end - begin), v, rounding);
    v = (block.image + block.error + rounding.product * block.Q * v) * (1 + rounding.storage);
    if (!(v < 1e100)) return infinity;
    begin = end;
  }
  return v;
}

// Bit k - 1 of `places` is a restart before step k.
std::vector<int> restarts_of(unsigned places) {
  std::vector<int> restarts;
  for (; places != 0; places &= places - 1) restarts.push_back(std::countr_zero(places) + 1);
  return restarts;
}

template <class Step>
std::vector<int> search(const std::vector<Step>& schedule, const GramSpaceRounding& rounding, double largest) {
  check(schedule.size() <= 16, "[schedule] restarts are placed for at most 16 steps; {} came", schedule.size());
  const unsigned end = schedule.empty() ? 1 : 1U << (schedule.size() - 1);
  unsigned best = 0;
  double best_bound = bound_of(schedule, {}, rounding);
  for (int count = 1; best_bound > largest && count < static_cast<int>(schedule.size()); ++count)
    for (unsigned places = 0; places < end; ++places) {
      if (std::popcount(places) != count) continue;
      const double bound = bound_of(schedule, restarts_of(places), rounding);
      if (!(bound < best_bound)) continue;
      best = places;
      best_bound = bound;
    }
  return restarts_of(best);
}

}  // namespace

double gram_epsilon(double epsilon) { return std::min(epsilon, 0x1p-23); }

GramSpaceRounding gram_space_rounding(double epsilon, Index rows) {
  check(0 < epsilon && epsilon < 1, "[schedule] epsilon must lie in (0, 1); {} came", epsilon);
  const double root = std::sqrt(static_cast<double>(std::max<Index>(1, rows)));
  const bool split = gram_epsilon(epsilon) < epsilon;
  return {2 * gram_epsilon(epsilon), root * (split ? 0x1p-17 : gram_epsilon(epsilon)), root * epsilon / 2};
}

double largest_singular_value(const PolynomialSchedule& schedule, std::span<const int> restarts,
                              const GramSpaceRounding& rounding) {
  for (const OddPolynomial& p : schedule)
    check(p.d == 0, "[schedule] the Gram form takes degrees 3 and 5; x^7 with {} came", p.d);
  return bound_of(schedule, restarts, rounding);
}

double largest_singular_value(const HalleySchedule& schedule, std::span<const int> restarts,
                              const GramSpaceRounding& rounding) {
  return bound_of(schedule, restarts, rounding);
}

std::vector<int> bounding_restarts(const PolynomialSchedule& schedule, const GramSpaceRounding& rounding,
                                   double largest) {
  return search(schedule, rounding, largest);
}

std::vector<int> bounding_restarts(const HalleySchedule& schedule, const GramSpaceRounding& rounding, double largest) {
  return search(schedule, rounding, largest);
}

}  // namespace steepest
