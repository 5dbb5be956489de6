#include "steepest/polar/restarts.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>

#include "steepest/base/check.hpp"

namespace steepest {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Eigenvalues of X, Q and R that belong together.
struct Spectrum {
  std::vector<double> x, q, r;
};

// Later steps vary fast near the largest singular value, which cosines resolve, and about sqrt(perturbation), where r
// changes its sign; below that r is constant.
Spectrum samples(double perturbation) {
  constexpr int cosines = 1024;
  constexpr double per_decade = 24;
  Spectrum s;
  for (int i = 0; i < cosines; ++i) s.x.push_back(std::cos(std::numbers::pi / 2 * i / cosines));
  const double least = std::sqrt(perturbation) / 30;
  for (double x = 0.3; x > least; x *= std::pow(10, -1 / per_decade)) s.x.push_back(x);
  s.x.push_back(least / 1000);
  s.q.assign(s.x.size(), 1);
  s.r.resize(s.x.size());
  return s;
}

// X <- Q X, Q = I, R = X X' with its rounding.
void start(Spectrum& s, double perturbation) {
  for (std::size_t i = 0; i < s.x.size(); ++i) {
    s.x[i] *= s.q[i];
    s.q[i] = 1;
    s.r[i] = s.x[i] * s.x[i] - perturbation;
  }
}

// Q <- Q h(R), R <- R h(R)^2; returns max |q| / min |q|, infinite where q turned its sign, so that it has a zero, or
// overflowed.
double step(Spectrum& s, const OddPolynomial& p) {
  double least = infinity, largest = 0;
  for (std::size_t i = 0; i < s.r.size(); ++i) {
    const double r = s.r[i];
    const double h = p.a + r * (p.b + r * (p.c + r * p.d));
    s.q[i] *= h;
    s.r[i] = r * h * h;
    least = std::min(least, s.q[i]);
    largest = std::max(largest, s.q[i]);
  }
  return least > 0 && std::isfinite(largest * largest) ? largest / least : infinity;
}

// All ways to place a fixed number of restarts, those that share their first steps side by side.
class Search {
 public:
  Search(const PolynomialSchedule& schedule, double perturbation) : schedule_(schedule), perturbation_(perturbation) {}

  RestartPlan best(int restarts) {
    best_ = {{}, infinity};
    Spectrum s = samples(perturbation_);
    start(s, perturbation_);
    visit(s, 0, restarts, 1);
    return best_;
  }

 private:
  // s is the state before the step `at`; `growth` the largest so far.
  void visit(const Spectrum& s, std::size_t at, int left, double growth) {
    if (at == schedule_.size()) {
      best_ = {chosen_, growth};
      return;
    }
    Spectrum next = s;
    const double larger = std::max(growth, step(next, schedule_[at]));
    if (larger >= best_.growth) return;
    const std::size_t remaining = schedule_.size() - at - 1;  // places for restarts
    if (left > 0 && remaining > 0) {
      Spectrum fresh = next;
      start(fresh, perturbation_);
      chosen_.push_back(static_cast<int>(at) + 1);
      visit(fresh, at + 1, left - 1, larger);
      chosen_.pop_back();
    }
    if (remaining == 0 ? left == 0 : static_cast<std::size_t>(left) < remaining) visit(next, at + 1, left, larger);
  }

  const PolynomialSchedule& schedule_;
  double perturbation_;
  std::vector<int> chosen_;
  RestartPlan best_{{}, infinity};
};

void check_perturbation(double perturbation) {
  check(0 < perturbation && perturbation < 1, "[schedule] perturbation must lie in (0, 1); {} came", perturbation);
}

}  // namespace

void check_restarts(std::span<const int> before, std::size_t steps) {
  int last = 0;
  for (const int at : before) {
    check(last < at && static_cast<std::size_t>(at) < steps,
          "[schedule] restarts ascend between 1 and the last step; {} after {} came", at, last);
    last = at;
  }
}

double gram_perturbation(double epsilon) {
  check(0 < epsilon && epsilon < 1, "[schedule] epsilon must lie in (0, 1); {} came", epsilon);
  return epsilon / 2;
}

double gram_growth(const PolynomialSchedule& schedule, std::span<const int> restarts, double perturbation) {
  check_perturbation(perturbation);
  check_restarts(restarts, schedule.size());
  Spectrum s = samples(perturbation);
  start(s, perturbation);
  double growth = 1;
  for (std::size_t t = 0; t < schedule.size(); ++t) {
    if (std::find(restarts.begin(), restarts.end(), static_cast<int>(t)) != restarts.end()) start(s, perturbation);
    growth = std::max(growth, step(s, schedule[t]));
  }
  return growth;
}

RestartPlan place_restarts(const PolynomialSchedule& schedule, double perturbation, double largest_growth) {
  check_perturbation(perturbation);
  check(largest_growth >= 1, "[schedule] growth is at least 1; the limit {} came", largest_growth);
  Search search(schedule, perturbation);
  RestartPlan best = search.best(0);
  for (int restarts = 1; best.growth > largest_growth && restarts < static_cast<int>(schedule.size()); ++restarts) {
    RestartPlan plan = search.best(restarts);
    if (plan.growth < best.growth) best = std::move(plan);
  }
  return best;
}

}  // namespace steepest
