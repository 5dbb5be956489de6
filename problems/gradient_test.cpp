// Gradients of all problems against differences: with <G, D> the slope along D and f smooth,
//   |f(X + h D) - f(X - h D)|/(2 h) - <G, D>| <= C h^2 + rounding of f/h,
// here within 1 % of ||G|| ||D||. A gradient that is 5 % too long, or belongs to another batch, is caught.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "problems/catalogue.hpp"
#include "problems/own_problem.hpp"
#include "problems/torch_random.hpp"

namespace steepest {
namespace {

struct Small {
  std::string name;
  ProblemSettings settings;
};

const std::vector<Small> small_problems{
    {"quadratic", {{"rows", "20"}, {"cols", "8"}, {"left-rows", "30"}, {"right-cols", "12"}}},
    {"quadratic", {{"rows", "20"}, {"cols", "8"}, {"left-rows", "30"}, {"right-cols", "12"}, {"gradient", "normal"}}},
    {"multi_response", {{"rows", "20"}, {"cols", "8"}, {"samples", "30"}}},
    {"logistic", {{"rows", "20"}, {"cols", "5"}, {"samples", "60"}, {"outputs", "7"}, {"batch", "40"}}},
    {"logistic",
     {{"rows", "20"}, {"cols", "5"}, {"samples", "60"}, {"outputs", "7"}, {"batch", "40"}, {"labels", "zero_one"}}},
    {"completion", {{"rows", "30"}, {"cols", "20"}, {"rank", "3"}}},
    {"completion", {{"rows", "30"}, {"cols", "20"}, {"rank", "3"}, {"loss", "unmasked"}}},
    {"nonnegative", {{"rows", "30"}, {"cols", "20"}, {"rank", "3"}}},
    {"softmax", {{"features", "10"}, {"classes", "4"}, {"samples", "50"}, {"batch", "50"}}},
    {"softmax", {{"features", "10"}, {"classes", "4"}, {"samples", "50"}, {"batch", "20"}}},
    {"procrustes", {{"samples", "40"}, {"size", "10"}}},
    {"procrustes", {{"samples", "40"}, {"size", "10"}, {"outliers", "0.2"}}},
    {"robust_pca", {{"rows", "30"}, {"cols", "20"}, {"rank", "3"}}},
};

/// |slope by differences - <factor G, D>| / (||G|| ||D||) along a random D, at the start of the problem.
double disagreement(Problem& problem, double factor) {
  Host<float> la;
  OwnedPoint X(problem.unknowns()), G(problem.unknowns()), D(problem.unknowns()), Y(problem.unknowns());
  problem.start(3, X);
  problem.evaluate(la, X, G);
  TorchRandom random(11);
  for (const auto& matrix : Point(D)) random.uniform(-1, 1, matrix);
  const double size_G = std::sqrt(dot(la, G, G)), size_D = std::sqrt(dot(la, D, D));
  move(la, D, -size_D / size_G, G, D);  // half of it along G, so that no slope is near 0
  const double size = std::sqrt(dot(la, D, D));
  const double h = 2e-3 * std::sqrt(dot(la, X, X)) / size;
  move(la, X, -h, D, Y);
  const double above = problem.excess(la, Y);
  move(la, X, h, D, Y);
  const double below = problem.excess(la, Y);
  return std::abs((above - below) / (2 * h) - factor * dot(la, G, D)) / (size_G * size);
}

TEST(Gradient, AgreesWithDifferencesForEveryProblem) {
  for (const Small& small : small_problems) {
    const auto problem = make_problem(small.name, small.settings, 42);
    EXPECT_LT(disagreement(*problem, 1), 0.01) << small.name;
    EXPECT_GT(disagreement(*problem, 1.05), 0.01) << small.name << ": 5 % too long";
  }
}

TEST(Gradient, CoversTheCatalogue) {
  for (const ProblemRow& row : problem_table()) {
    if (row.name == "completion_of_file") continue;  // completion with other data
    const auto has = [&row](const Small& small) { return small.name == row.name; };
    EXPECT_NE(std::find_if(small_problems.begin(), small_problems.end(), has), small_problems.end()) << row.name;
  }
}

// f(X) = ||X||_F^2 / 2 by the door for one's own problems, right and wrong.
OwnProblemParts square(Index gradient_rows, float scale) {
  return {.name = "square", .unknowns = {{"X", Role::hidden, 6, 4}}, .evaluate = [gradient_rows, scale](Point X) {
            Host<float> la;
            Evaluation result;
            result.value = la.dot(X[0], X[0]) / 2;
            result.gradients.emplace_back(gradient_rows, 4);
            if (gradient_rows == 6) la.scale(static_cast<double>(scale), X[0], result.gradients[0].view());
            return result;
          }};
}

std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(OwnProblem, IsAProblemLikeTheOthers) {
  OwnProblem problem(square(6, 1));
  EXPECT_LT(disagreement(problem, 1), 0.01);
}

TEST(OwnProblem, NamesAWrongShapeAndWhatIsNotFinite) {
  OwnProblem wrong(square(5, 1)), endless(square(6, INFINITY));
  EXPECT_EQ(refusal([&] { disagreement(wrong, 1); }),
            "[problem] square: the gradient of 'X' must be 6 x 4; 5 x 4 came");
  EXPECT_NE(
      refusal([&] { disagreement(endless, 1); }).find("the gradient of 'X' must be finite at the start; entry (0, 0)"),
      std::string::npos);
}

TEST(OwnProblem, RefusesPartsThatCannotWork) {
  const auto with = [](auto change) {
    return refusal([&] {
      OwnProblemParts parts = square(6, 1);
      change(parts);
      OwnProblem problem(parts);
    });
  };
  EXPECT_NE(with([](auto& parts) { parts.unknowns.clear(); }), "");
  EXPECT_NE(with([](auto& parts) { parts.unknowns[0].rows = 0; }), "");
  EXPECT_NE(with([](auto& parts) { parts.unknowns.push_back(parts.unknowns[0]); }), "");
  EXPECT_NE(with([](auto& parts) { parts.evaluate = nullptr; }), "");
  EXPECT_EQ(with([](auto&) {}), "");
}

}  // namespace
}  // namespace steepest
