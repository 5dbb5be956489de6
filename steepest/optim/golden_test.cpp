// goldens.json and row_goldens.json hold W after a few steps of each rule from closed-form W0 and gradients (goldens.py and row_goldens.py
// say which). Precondition: no gradient has a null part, so the polar factor is unique and well conditioned.
//   against the f64 statement of the rule: max |W - reference| <= reference_tolerance, in f64
//   against torch's optimizer: max |W - peer| <= peer_tolerance, in the type the peer ran in
// The catch: every case with settings, run without them, misses its reference.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "steepest/optim/test_parameters.hpp"

namespace steepest {
namespace {

using Json = nlohmann::json;

Json cases() {
  Json all = Json::array();
  for (const char* name : {STEEPEST_OPTIM_GOLDENS, STEEPEST_OPTIM_ROW_GOLDENS}) {
    std::ifstream file(name);
    const Json parsed = Json::parse(file);
    for (const Json& golden : parsed.at("cases")) all.push_back(golden);
  }
  return all;
}

template <class T>
OwnedMatrix<T> run(const Json& golden, const Settings& settings) {
  const auto shape = golden.at("shape").get<std::vector<Index>>();
  OwnedMatrix<T> W(shape[0], shape[1]), G(shape[0], shape[1]);
  closed_form(W, 0, 0.5);
  Host<T> la;
  Optimizer<Host<T>> optimizer(la, {{"w", Role::hidden, W.view(), G.view()}},
                               Routing().rest(make_rule(golden.at("rule").get<std::string>(), settings)));
  for (int t = 1; t <= golden.at("steps").get<int>(); ++t) {
    closed_form(G, t);
    optimizer.step();
  }
  return W;
}

template <class T>
double distance(OwnedMatrix<T> W, const Json& expected) {
  double largest = 0;
  for (Index i = 0; i < W.rows; ++i)
    for (Index j = 0; j < W.cols; ++j)
      largest =
          std::max(largest, std::abs(static_cast<double>(W.view()(i, j)) -
                                     expected[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)].get<double>()));
  return largest;
}

std::string title(const Json& golden) { return golden.at("rule").get<std::string>() + " " + golden.at("name").dump(); }

TEST(Golden, EveryCaseMatchesTheStatementOfItsRule) {
  ASSERT_GE(cases().size(), 80U);
  for (const Json& golden : cases())
    EXPECT_LE(distance(run<double>(golden, golden.at("settings")), golden.at("reference")),
              golden.at("reference_tolerance").get<double>())
        << title(golden);
}

TEST(Golden, EveryCaseMatchesTorch) {
  for (const Json& golden : cases()) {
    if (!golden.contains("peer")) continue;
    const double bound = golden.at("peer_tolerance");
    const double found = golden.at("peer_type") == "f32"
                             ? distance(run<float>(golden, golden.at("settings")), golden.at("peer"))
                             : distance(run<double>(golden, golden.at("settings")), golden.at("peer"));
    EXPECT_LE(found, bound) << title(golden);
  }
}

TEST(Golden, ASettingThatIsLeftOutIsCaught) {
  for (const Json& golden : cases()) {
    if (golden.at("settings").empty()) continue;
    EXPECT_GT(distance(run<double>(golden, {}), golden.at("reference")), golden.at("reference_tolerance").get<double>())
        << title(golden);
  }
}

}  // namespace
}  // namespace steepest
