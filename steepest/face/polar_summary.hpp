#pragma once
// What `steepest polar` says of its result.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "steepest/face/polar_task.hpp"

namespace steepest {

/// The report of a factorization with what was asked of it.
struct PolarSummary {
  Precision computed = Precision::f64;
  Index rows = 0, cols = 0;
  int threads = 1;
  PolarOptions options;
  PolarReport report;
  double seconds = 0;  ///< median of the runs
  int runs = 1;
  std::optional<double> exact_gap = {};
  const Profile* profile = nullptr;  ///< of the last run, where asked for
};

/// The residual that breaks the tolerance, as a sentence; NaN breaks every tolerance. Nothing where no tolerance or no
/// certificate was asked for.
std::optional<std::string> broken_promise(const PolarSummary& summary);

/// Every field of the report; what was not asked for or means nothing is null.
nlohmann::ordered_json as_json(const PolarSummary& summary);
std::string as_text(const PolarSummary& summary);

}  // namespace steepest
