#include "problems/catalogue.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "problems/matrix_completion.hpp"
#include "problems/matrix_file.hpp"
#include "problems/matrix_logistic.hpp"
#include "problems/matrix_quadratic.hpp"
#include "problems/nonnegative_factorization.hpp"
#include "problems/robust_problems.hpp"
#include "problems/softmax_regression.hpp"
#include "steepest/base/check.hpp"
#include "steepest/base/closest.hpp"

namespace steepest {
namespace {

using Made = std::unique_ptr<Problem>;
using Given = ProblemSettings;

template <class Number>
Number number(const Given& given, std::string_view key) {
  const std::string& text = given.find(key)->second;
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc() && end == text.data() + text.size() && std::isfinite(static_cast<double>(value)),
        "[problem] {} must be a {}; '{}' came", key, std::is_integral_v<Number> ? "whole number" : "number", text);
  return value;
}

/// A number of rows, columns and the like: large enough for anything, small enough for any product of two.
Index size(const Given& given, std::string_view key) {
  const auto value = number<Index>(given, key);
  check(value >= 1 && value <= 1'000'000, "[problem] {} must lie in 1 .. 1000000; {} came", key, value);
  return value;
}

double share(const Given& given, std::string_view key) { return number<double>(given, key); }

template <class Choice>
Choice choice(const Given& given, std::string_view key, const std::vector<std::pair<std::string, Choice>>& choices) {
  const std::string& text = given.find(key)->second;
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    names.push_back(name);
  }
  check(false, "[problem] {} '{}' is not known; {}", key, text, closest_text(text, names));
  return choices.front().second;
}

GradientForm gradient_form(const Given& s) {
  return choice<GradientForm>(s, "gradient", {{"residual", GradientForm::residual}, {"normal", GradientForm::normal}});
}

Made quadratic(const Given& s, std::uint32_t seed) {
  return std::make_unique<MatrixQuadratic>(
      QuadraticSettings{size(s, "rows"), size(s, "cols"), size(s, "left-rows"), size(s, "right-cols"), gradient_form(s),
                        RightFactor::normal},
      seed);
}

Made multi_response(const Given& s, std::uint32_t seed) {
  return std::make_unique<MatrixQuadratic>(QuadraticSettings{size(s, "rows"), size(s, "cols"), size(s, "samples"),
                                                             size(s, "cols"), gradient_form(s), RightFactor::identity},
                                           seed);
}

Made logistic(const Given& s, std::uint32_t seed) {
  const Labels labels =
      choice<Labels>(s, "labels", {{"signed_normal", Labels::signed_normal}, {"zero_one", Labels::zero_one}});
  return std::make_unique<MatrixLogistic>(LogisticSettings{size(s, "rows"), size(s, "cols"), size(s, "samples"),
                                                           size(s, "outputs"), size(s, "batch"), labels},
                                          seed);
}

CompletionLoss completion_loss(const Given& s) {
  return choice<CompletionLoss>(s, "loss",
                                {{"masked", CompletionLoss::masked}, {"unmasked", CompletionLoss::unmasked}});
}

Made completion(const Given& s, std::uint32_t seed) {
  const CompletionSettings settings{size(s, "rows"), size(s, "cols"), size(s, "rank"), share(s, "observed"),
                                    completion_loss(s)};
  return std::make_unique<MatrixCompletion>(draw_low_rank(settings, seed), settings.rank, settings.loss, true);
}

Made completion_of_file(const Given& s, std::uint32_t seed) {
  return std::make_unique<MatrixCompletion>(partly_known_file(s.find("data")->second, share(s, "observed"), seed),
                                            size(s, "rank"), CompletionLoss::masked, false);
}

Made nonnegative(const Given& s, std::uint32_t seed) {
  return std::make_unique<NonnegativeFactorization>(size(s, "rows"), size(s, "cols"), size(s, "rank"), seed);
}

Made softmax(const Given& s, std::uint32_t seed) {
  return std::make_unique<SoftmaxRegression>(
      SoftmaxSettings{size(s, "features"), size(s, "classes"), size(s, "samples"), size(s, "batch")}, seed);
}

Made procrustes(const Given& s, std::uint32_t seed) {
  return std::make_unique<Procrustes>(ProcrustesSettings{size(s, "samples"), size(s, "size"), share(s, "outliers")},
                                      seed);
}

Made robust_pca(const Given& s, std::uint32_t seed) {
  return std::make_unique<RobustPca>(
      RobustPcaSettings{size(s, "rows"), size(s, "cols"), size(s, "rank"), share(s, "corrupted")}, seed);
}

constexpr std::string_view paper = "Lau, Long and Su 2025, arXiv:2505.21799, section 6";

/// Of problems that form normal equations.
constexpr ProblemSettingRow gradient{"gradient", "residual",
                                     "residual: A'(AXB - C)B' as published; normal: (A'A)X(BB') - A'CB'"};

std::vector<ProblemRow> paper_rows() {
  return {
      {"quadratic",
       "||A X B - C||^2 / 2: strongly convex, optimum known",
       paper,
       4000,
       0.8,
       {{"rows", "500", "of X"},
        {"cols", "100", "of X"},
        {"left-rows", "1000", "rows of A"},
        {"right-cols", "250", "columns of B"},
        gradient},
       quadratic},
      {"logistic",
       "sum of softplus(-C o AXB) over a batch of rows",
       paper,
       1500,
       0.8,
       {{"rows", "1000", "of X"},
        {"cols", "100", "of X"},
        {"samples", "10000", "rows of A"},
        {"outputs", "400", "columns of B"},
        {"batch", "1000", "rows of A in a step, with replacement"},
        {"labels", "signed_normal", "signed_normal: 2[z > 1/2] - 1; zero_one: [u > 1/2], the authors' first version"}},
       logistic},
      {"completion",
       "mean square of XY' - M over observed entries, M of low rank",
       paper,
       1000,
       0.9,
       {{"rows", "500", "of M"},
        {"cols", "250", "of M"},
        {"rank", "5", "columns of X and Y"},
        {"observed", "0.3", "share of the entries"},
        {"loss", "masked",
         "masked; unmasked: all entries over the number of observed ones, the authors' first version"}},
       completion},
  };
}

std::vector<ProblemRow> further_rows() {
  return {
      {"completion_of_file",
       "the same of a matrix in an .npy file, standardised",
       "",
       1000,
       0.9,
       {{"data", "", "the file"}, {"rank", "10", "columns of X and Y"}, {"observed", "0.3", "share of the entries"}},
       completion_of_file},
      {"multi_response",
       "||A X - C||^2 / 2",
       "",
       2000,
       0.8,
       {{"rows", "500", "of X"}, {"cols", "100", "of X"}, {"samples", "1000", "rows of A"}, gradient},
       multi_response},
      {"softmax",
       "mean cross-entropy of softmax(W'a)",
       "",
       1000,
       0.8,
       {{"features", "100", "rows of W"},
        {"classes", "9", "columns of W"},
        {"samples", "10000", "of normal features"},
        {"batch", "10000", "samples in a step; fewer than all are drawn with replacement"}},
       softmax},
      {"nonnegative",
       "mean square of XY' - M over X, Y >= 0",
       "",
       1000,
       0.9,
       {{"rows", "500", "of M"}, {"cols", "250", "of M"}, {"rank", "5", "columns of X and Y"}},
       nonnegative},
      {"procrustes",
       "mean of sqrt(1 + r^2) - 1, r = AX - B, over orthogonal X",
       "",
       500,
       0.8,
       {{"samples", "400", "rows of A"}, {"size", "60", "of X"}, {"outliers", "0", "share of the entries of B"}},
       procrustes},
      {"robust_pca",
       "mean of sqrt(1 + r^2) - 1, r = XY' - M, M of low rank and corrupted",
       "",
       1000,
       0.9,
       {{"rows", "200", "of M"},
        {"cols", "150", "of M"},
        {"rank", "5", "columns of X and Y"},
        {"corrupted", "0.1", "share of the entries"}},
       robust_pca},
  };
}

std::vector<ProblemRow> all_rows() {
  std::vector<ProblemRow> rows = paper_rows();
  for (ProblemRow& row : further_rows()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace

std::span<const ProblemRow> problem_table() {
  static const std::vector<ProblemRow> table = all_rows();
  return table;
}

const ProblemRow& problem_row(std::string_view name) {
  std::vector<std::string> names;
  for (const ProblemRow& row : problem_table()) {
    if (row.name == name) return row;
    names.emplace_back(row.name);
  }
  check(false, "[problem] problem '{}' is not known; {}", name, closest_text(name, names));
  return problem_table().front();
}

ProblemSettings completed(const ProblemRow& row, ProblemSettings given) {
  std::vector<std::string> keys;
  for (const ProblemSettingRow& setting : row.settings) keys.emplace_back(setting.key);
  for (const auto& [key, value] : given)
    check(std::find(keys.begin(), keys.end(), key) != keys.end(), "[problem] {} has no setting '{}'; {}", row.name, key,
          closest_text(key, keys));
  for (const ProblemSettingRow& setting : row.settings) {
    check(given.contains(setting.key) || !setting.value.empty(), "[problem] {} needs --{}: {}", row.name, setting.key,
          setting.meaning);
    given.try_emplace(std::string(setting.key), setting.value);
  }
  return given;
}

std::unique_ptr<Problem> make_problem(std::string_view name, const ProblemSettings& given, std::uint32_t data_seed) {
  const ProblemRow& row = problem_row(name);
  return row.make(completed(row, given), data_seed);
}

}  // namespace steepest
