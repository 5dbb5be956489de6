#pragma once
// What `steepest polar` says of its result.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "steepest/face/polar_task.hpp"

namespace steepest {

/// The report of a factorization with what was asked of it.
struct PolarSummary {
  Precision precision = Precision::f64;
  Index rows = 0, cols = 0;
  int threads = 1;
  PolarOptions options;
  PolarReport report;
  std::optional<PolarCertificate> certificate;
  std::optional<double> tolerance;  // that the residuals must keep; none: they are reported only
};

/// The tolerance where the command line gives none: 1000 eps for qdwh and svd, whose residuals are a few eps; none for
/// polynomials, which stop short of convergence by design.
std::optional<double> default_tolerance(PolarMethod method, Precision precision);

/// The residual that breaks the tolerance, as a sentence; NaN breaks every tolerance.
std::optional<std::string> broken_promise(const PolarSummary& summary);

nlohmann::ordered_json as_json(const PolarSummary& summary);
std::string as_text(const PolarSummary& summary);

}  // namespace steepest
