// The cost model. The flops of polar_work are those that the counting engine counts when the same call runs, exactly; a rate is
// interpolated between its neighbours and exact at them; seconds are the sum of amounts over rates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "steepest/engine/counting.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/plan/rates.hpp"
#include "steepest/plan/work.hpp"
#include "steepest/polar/polar.hpp"
#include "steepest/polar/test_matrices.hpp"

namespace steepest {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// The flops of a call that runs.
double counted(const PolarOptions& options, Index m, Index n, bool needs_h) {
  Host<double> host;
  Counting<Host<double>> la(host);
  auto X = matrix_with_spectrum<double>(m, n, geometric_spectrum(std::min(m, n), 50), 4);
  OwnedMatrix<double> U(m, n), H(n, n);
  auto U_view = U.view(), H_view = H.view();
  const PreparedPolar plan = prepare_polar(options, 0x1p-52, std::min(m, n));
  if (needs_h)
    polar(la, X.view(), U_view, H_view, plan);
  else
    polar(la, X.view(), U_view, plan);
  return la.flops();
}

double modelled(const PolarOptions& options, Index m, Index n, bool needs_h) {
  return flops(polar_work(prepare_polar(options, 0x1p-52, std::min(m, n)), m, n, needs_h, {.lower_bound = 1.0 / 50}));
}

// How many steps newton and newton_halley take is decided by the data, and so is whether accurate methods polish; there the model
// is near, and not below by more than a polish.
double slack(const PolarOptions& o) {
  if (o.method == PolarMethod::zolo_pd)
    return 0.45;  // a device's three Cholesky passes are priced, where the host corrects one
  return takes_steps(o.method) ? 1e-9 : 0.25;
}

TEST(polar_work, counts_the_flops_of_the_call) {
  for (const std::string& method : polar_method_names())
    for (const auto& [m, n] : {std::pair<Index, Index>{24, 24}, {40, 16}, {16, 40}})
      for (const Rank rank : {Rank::complete, Rank::partial})
        for (const Certificate certificate : {Certificate::none, Certificate::residuals, Certificate::full})
          for (const bool needs_h : {false, true}) {
            PolarOptions options{.method = polar_method(method), .rank = rank, .certificate = certificate};
            if (reads(options.method, PolarOption::lower_bound)) options.lower_bound = 1e-3;
            const double run = counted(options, m, n, needs_h), model = modelled(options, m, n, needs_h);
            const std::string what = method + " " + std::to_string(m) + " x " + std::to_string(n);
            EXPECT_NEAR(model, run, slack(options) * run)
                << what << ' ' << name(rank) << ' ' << name(certificate) << needs_h;
          }
}

TEST(polar_work, knows_the_gram_form_and_its_restarts) {
  const PolarOptions options{.method = PolarMethod::polar_express, .steps = 5, .form = PolynomialForm::gram};
  const double run = counted(options, 20, 70, false);
  EXPECT_NEAR(modelled(options, 20, 70, false), run, 1e-9 * run);
  PolarOptions standard = options;
  standard.form = PolynomialForm::standard;
  EXPECT_GT(modelled(standard, 20, 70, false), 1.2 * run);
}

TEST(polar_work, of_an_empty_matrix_is_nothing) {
  EXPECT_EQ(flops(polar_work(prepare_polar(PolarOptions{}, 0x1p-52), 0, 5, true, {})), 0);
}

Rates two_sizes() {
  Rates rates{.machine = "made up", .sizes = {10, 1000}, .tables = {}};
  RateTable table{.key = {}, .rates = {}};
  for (auto& list : table.rates) list = {1, 3};
  table.rates[static_cast<std::size_t>(Kernel::svd)] = {2};
  for (const int threads : {1, 4}) {
    table.key.threads = threads;
    rates.tables.push_back(table);
  }
  return rates;
}

TEST(rates, interpolate_in_the_logarithm_of_the_size) {
  const Rates rates = two_sizes();
  const RateTable& table = rates.tables.front();
  EXPECT_DOUBLE_EQ(rate(rates.sizes, table, Kernel::qr, 10), 1);
  EXPECT_DOUBLE_EQ(rate(rates.sizes, table, Kernel::qr, 100), 2);
  EXPECT_DOUBLE_EQ(rate(rates.sizes, table, Kernel::qr, 1000), 3);
  EXPECT_DOUBLE_EQ(rate(rates.sizes, table, Kernel::qr, 1), 1);
  EXPECT_DOUBLE_EQ(rate(rates.sizes, table, Kernel::qr, 1e6), 3);
  EXPECT_DOUBLE_EQ(rate(rates.sizes, table, Kernel::svd, 1e6), 2);
  const std::vector<KernelCall> calls{{Kernel::qr, 4e9, 100}, {Kernel::pass, 1e9, 1000}};
  EXPECT_DOUBLE_EQ(predicted_seconds(calls, rates, {}), 4.0 / 2 + 8.0 / 3);
}

TEST(rates, of_the_nearest_table_stand_in_for_what_is_not_there) {
  const Rates rates = two_sizes();
  EXPECT_EQ(table_for(rates, {.threads = 4}).key.threads, 4);
  EXPECT_EQ(table_for(rates, {.threads = 3}).key.threads, 1);
  EXPECT_EQ(table_for(rates, {.threads = 64}).key.threads, 4);
  EXPECT_EQ(table_for(rates, {.engine = EngineKind::aten}).key.engine, EngineKind::host);
  EXPECT_THAT([&] { table_for(rates, {.precision = Precision::f32}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("[rates] there must be a table for host f32")));
}

TEST(rates, survive_the_file) {
  const Rates rates = two_sizes();
  const Rates again = rates_from_json(to_json(rates));
  EXPECT_EQ(again.machine, rates.machine);
  EXPECT_EQ(again.sizes, rates.sizes);
  ASSERT_EQ(again.tables.size(), rates.tables.size());
  for (std::size_t i = 0; i < rates.tables.size(); ++i) {
    EXPECT_EQ(again.tables[i].key, rates.tables[i].key);
    EXPECT_EQ(again.tables[i].rates, rates.tables[i].rates);
  }
}

TEST(rates, that_mean_nothing_are_refused) {
  const std::string good = to_json(two_sizes());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    return [bad] { rates_from_json(bad); };
  };
  EXPECT_THAT([] { rates_from_json("no JSON"); }, ThrowsMessage<std::invalid_argument>(HasSubstr("[rates] the text")));
  EXPECT_THAT(with("[10, 1000]", "[10, 10]"), ThrowsMessage<std::invalid_argument>(HasSubstr("[rates] sizes")));
  EXPECT_THAT(with("[1, 3]", "[1, -3]"), ThrowsMessage<std::invalid_argument>(HasSubstr("rates of product")));
  EXPECT_THAT(with("[1, 3]", "[]"), ThrowsMessage<std::invalid_argument>(HasSubstr("product must have 1 .. 2")));
  EXPECT_THAT(with("\"qr\"", "\"qx\""), ThrowsMessage<std::invalid_argument>(HasSubstr("qr")));
  EXPECT_THAT(with("host", "hosts"), ThrowsMessage<std::invalid_argument>(HasSubstr("closest")));
}

TEST(rates, that_ship_cover_the_host_in_both_precisions) {
  for (const Precision precision : {Precision::f64, Precision::f32})
    EXPECT_EQ(table_for(shipped_rates(), {.precision = precision}).key, (RateKey{EngineKind::host, precision, 1}));
}

}  // namespace
}  // namespace steepest
