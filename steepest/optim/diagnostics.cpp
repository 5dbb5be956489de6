#include "steepest/optim/diagnostics.hpp"

#include <cmath>

#include "steepest/optim/observation.hpp"

namespace steepest {
namespace {

constexpr std::array<DiagnosticRow, diagnostic_count> table{{
    {Diagnostic::gradient_norm, "gradient_norm", "||G||_F", false},
    {Diagnostic::gradient_spectral_norm, "gradient_spectral_norm", "s_1(G)", false},
    {Diagnostic::nuclear_norm, "nuclear_norm", "sum s_i(G)", false},
    {Diagnostic::condition, "condition", "s_1 / s_r of G, r its rank", false},
    {Diagnostic::rank, "rank", "number of s_i(G) above max(m, n) eps s_1", false},
    {Diagnostic::stable_rank, "stable_rank", "||G||_F^2 / s_1^2", false},
    {Diagnostic::median_ratio, "median_ratio", "s_1 over the median of the s_i(G)", false},
    {Diagnostic::dual_norm, "dual_norm", "<P, D>, of maps of a norm", false},
    {Diagnostic::polar_defect, "polar_defect", "||U - U U'U||_F / ||U||_F of the computed polar factor", false},
    {Diagnostic::preconditioner_condition, "preconditioner_condition",
     "largest over smallest entry of Adam's denominator, where V > 0", false},
    {Diagnostic::update_rms, "update_rms", "||S||_F / sqrt(m n)", false},
    {Diagnostic::update_spectral_norm, "update_spectral_norm", "s_1(S)", true},
    {Diagnostic::update_stable_rank, "update_stable_rank", "||S||_F^2 / s_1(S)^2", true},
    {Diagnostic::cosine, "cosine", "<S, G> / (||S||_F ||G||_F)", false},
    {Diagnostic::weight_spectral_norm, "weight_spectral_norm", "s_1(W) before the step", true},
}};

}  // namespace

bool DiagnosticsOptions::due(double k) const {
  return every > 0 && (k == 1 || std::fmod(k, static_cast<double>(every)) == 0);
}

std::span<const DiagnosticRow> diagnostic_table() { return table; }

std::string_view name(Diagnostic kind) { return table[static_cast<std::size_t>(kind)].name; }

std::optional<int> planned_steps(const PreparedPolar& plan) {
  const PolarMethod method = plan.options.method;
  if (method == PolarMethod::newton || method == PolarMethod::newton_halley) return std::nullopt;
  if (plan.estimates_bounds) return std::nullopt;
  const std::size_t lists = plan.polynomials.size() + plan.halley.size() + plan.zolotarev.size();
  return static_cast<int>(lists) + (plan.options.large_gap ? 1 : 0);
}

}  // namespace steepest
