// Every row descends: on four problems f(W) = ||A (W - T) B||_F^2 / 2 (A, B: identity; scaled rows; scaled columns; both) the
// best of four learning rates, falling to zero on a straight line, brings f below 1/20 of its start.
// The catch: along the gradient instead of against it f grows.
// Prodigy: parameters that share the distance must agree on how it is estimated.
// QK-clip: the logits of a clipped head shrink by gamma = threshold / S, those below the threshold stay bit for bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "steepest/optim/qk_clip.hpp"
#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

constexpr Index rows = 5, cols = 4, steps = 100;

struct Problem {
  double row_ratio, column_ratio;
};

double weight(const Problem& p, Index i, Index j) {
  return std::pow(p.row_ratio, static_cast<double>(i) / (rows - 1)) *
         std::pow(p.column_ratio, static_cast<double>(j) / (cols - 1));
}

/// T: rows of mean zero, which is all that rows with centred gradients reach, in the unit ball of every norm.
OwnedMatrix<double> target() {
  OwnedMatrix<double> T(rows, cols);
  closed_form(T, 3, 0.2);
  for (Index i = 0; i < rows; ++i) {
    double mean = 0;
    for (Index j = 0; j < cols; ++j) mean += T.view()(i, j) / cols;
    for (Index j = 0; j < cols; ++j) T.view()(i, j) -= mean;
  }
  return T;
}

/// Equal entries, as large together as T: where a row begins that keeps the norm of W.
OwnedMatrix<double> start_on_sphere() {
  OwnedMatrix<double> W(rows, cols), T = target();
  Host<double> la;
  la.fill(la.frobenius(T.view()) / std::sqrt(static_cast<double>(rows * cols)), W.view());
  return W;
}

/// f and its gradient at W.
double value_and_gradient(const Problem& p, OwnedMatrix<double>& W, OwnedMatrix<double>& G) {
  OwnedMatrix<double> T = target();
  double value = 0;
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) {
      const double s = weight(p, i, j), distance = s * (W.view()(i, j) - T.view()(i, j));
      value += distance * distance / 2;
      G.view()(i, j) = s * distance;
    }
  return value;
}

/// f at the end over f at the start.
double descent(const Problem& p, Rule rule, double learning_rate, double sign = 1) {
  OwnedMatrix<double> W(rows, cols), G(rows, cols);
  if (rule.decay == Decay::hyperball) W = start_on_sphere();
  rule.learning_rate = learning_rate;
  rule.weight_decay = 0;
  rule.kronecker.frequency = std::min(rule.kronecker.frequency, 10);
  Host<double> la;
  Optimizer<Host<double>> optimizer(la, {{"w", Role::hidden, W.view(), G.view()}}, Routing().rest(rule));
  const double start = value_and_gradient(p, W, G);
  for (Index k = 0; k < steps; ++k) {
    value_and_gradient(p, W, G);
    la.scale(sign, G.view(), G.view());
    optimizer.step(1 - static_cast<double>(k) / steps);
  }
  return value_and_gradient(p, W, G) / start;
}

double best_descent(const Problem& p, const Rule& rule) {
  double best = 1e300;
  for (const double rate : {0.5, 0.1, 0.02, 0.004}) best = std::min(best, descent(p, rule, rate));
  return best;
}

constexpr std::array problems{Problem{1, 1}, Problem{4, 1}, Problem{1, 4}, Problem{3, 3}};

TEST(Row, EveryOneDescendsOnFourProblems) {
  for (const Rule& rule : rule_table())
    for (std::size_t k = 0; k < problems.size(); ++k)
      EXPECT_LE(best_descent(problems[k], rule), 0.05) << rule.name << ", problem " << k;
}

TEST(Row, ClimbingIsCaught) {
  for (const std::string_view name : {"sgd", "muon", "adamw"})
    EXPECT_GT(descent(problems[3], rule_named(name), 0.02, -1), 1) << name;
}

TEST(Prodigy, OneDistanceHasOneEstimate) {
  TestNetwork<double> network;
  network.add("a", Role::hidden, 5, 4);
  network.add("b", Role::hidden, 4, 3);
  Host<double> la;
  const auto make = [&](const Settings& of_b) {
    return Optimizer<Host<double>>(
        la, network.parameters,
        Routing().parameter("a", make_rule("prodigy")).parameter("b", make_rule("prodigy", of_b)));
  };
  EXPECT_NO_THROW(make({{"lr", "0.5"}}));
  for (const auto& [key, value] : Settings{{"d0", "1e-3"}, {"d_coef", "2"}, {"growth_rate", "1.1"}, {"beta3", "0.9"}})
    EXPECT_THROW(make({{key, value}}), std::invalid_argument) << key;
}

TEST(QkClip, ShrinksTheLogitsOfAHead) {
  OwnedMatrix<double> Q(3, 6), K(3, 6);
  standard_normal(Q, 1);
  standard_normal(K, 2);
  Host<double> la;
  const auto before = Q.entries;
  const double logits = la.dot(Q.view(), K.view());
  EXPECT_EQ(qk_clip(la, {}, 99, Q.view(), K.view()), 1);
  EXPECT_EQ(Q.entries, before);
  EXPECT_DOUBLE_EQ(qk_clip(la, {.threshold = 100, .share = 0.25}, 400, Q.view(), K.view()), 0.25);
  EXPECT_NEAR(la.dot(Q.view(), K.view()), 0.25 * logits, 1e-14 * std::abs(logits));
  EXPECT_NEAR(Q.entries[0], before[0] * std::pow(0.25, 0.25), 1e-15);
  EXPECT_THROW(qk_clip(la, {.threshold = 0}, 1, Q.view(), K.view()), std::invalid_argument);
  EXPECT_THROW(qk_clip(la, {.threshold = 1, .share = 2}, 1, Q.view(), K.view()), std::invalid_argument);
  EXPECT_THROW(qk_clip(la, {}, std::nan(""), Q.view(), K.view()), std::invalid_argument);
}

}  // namespace
}  // namespace steepest
