#include "steepest/norm/norm_table.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "steepest/base/check.hpp"
#include "steepest/base/named.hpp"

namespace steepest {
namespace {

constexpr std::array<NormRow, 17> table{{
    {Norm::frobenius, "frobenius", NormFamily::frobenius, false, "", 0, "", "||W||_F", "||G||_F", "G / ||G||_F",
     "normalised SGD"},
    {Norm::rms, "rms", NormFamily::frobenius, false, "", 0, "", "||W||_F / sqrt(m n)", "sqrt(m n) ||G||_F",
     "sqrt(m n) G / ||G||_F", "arXiv:2502.07529 (gains, biases)"},
    {Norm::spectral, "spectral", NormFamily::polar, false, "", 0, "2 -> 2", "s_1(W)", "sum s_i(G)", "U V'",
     "arXiv:2409.20325; Muon"},
    {Norm::rms_to_rms, "rms_to_rms", NormFamily::polar, false, "", 0, "RMS -> RMS", "sqrt(n/m) s_1(W)",
     "sqrt(m/n) sum s_i(G)", "sqrt(m/n) U V'", "arXiv:2409.20325 (linear layers)"},
    {Norm::l2_to_rms, "l2_to_rms", NormFamily::polar, false, "", 0, "2 -> RMS", "s_1(W) / sqrt(m)",
     "sqrt(m) sum s_i(G)", "sqrt(m) U V'", "arXiv:2502.07529 (first layer)"},
    {Norm::max_entry, "max_entry", NormFamily::entries, false, "", 0, "1 -> inf", "max |w_ij|", "sum |g_ij|",
     "sign g_ij", "arXiv:2409.20325; sign descent"},
    {Norm::rms_max_entry, "rms_max_entry", NormFamily::entries, false, "", 0, "bounds RMS -> inf", "n max |w_ij|",
     "sum |g_ij| / n", "sign(g_ij) / n", "arXiv:2502.07529 (head)"},
    {Norm::row, "row", NormFamily::rows, false, "", 0, "2 -> inf", "max_i ||w_i||", "sum_i ||g_i||",
     "g_i / ||g_i||, rows", "arXiv:2502.07529"},
    {Norm::rms_row, "rms_row", NormFamily::rows, false, "", 0, "RMS -> inf", "sqrt(n) max_i ||w_i||",
     "sum_i ||g_i|| / sqrt(n)", "g_i / (sqrt(n) ||g_i||), rows", "arXiv:2502.07529 (head)"},
    {Norm::column, "column", NormFamily::rows, true, "", 0, "1 -> 2", "max_j ||w_j||", "sum_j ||g_j||",
     "g_j / ||g_j||, columns", "arXiv:2409.20325"},
    {Norm::rms_column, "rms_column", NormFamily::rows, true, "", 0, "1 -> RMS", "max_j ||w_j|| / sqrt(m)",
     "sqrt(m) sum_j ||g_j||", "sqrt(m) g_j / ||g_j||, columns", "arXiv:2409.20325 (embedding)"},
    {Norm::row_sum, "row_sum", NormFamily::largest_of_rows, false, "", 0, "inf -> inf", "max_i sum_j |w_ij|",
     "sum_i max_j |g_ij|", "sign g_ij at the largest |g_ij| of each row", "greedy descent"},
    {Norm::column_sum, "column_sum", NormFamily::largest_of_rows, true, "", 0, "1 -> 1", "max_j sum_i |w_ij|",
     "sum_j max_i |g_ij|", "sign g_ij at the largest |g_ij| of each column", "greedy descent"},
    {Norm::entry_sum, "entry_sum", NormFamily::largest_entry, false, "", 0, "", "sum |w_ij|", "max |g_ij|",
     "sign g_ij at the largest |g_ij|", "coordinate descent"},
    {Norm::nuclear, "nuclear", NormFamily::ky_fan, false, "", 0, "", "sum s_i(W)", "s_1(G)", "u_1 v_1'",
     "conditional gradients of low rank"},
    {Norm::schatten, "schatten", NormFamily::schatten, false, "p", 4, "", "(sum s_i(W)^p)^(1/p)",
     "(sum s_i(G)^q)^(1/q), 1/p + 1/q = 1", "U S^(q-1) V' / (sum s_i^q)^(1/p)",
     "frobenius for p = 2, spectral for p -> inf"},
    {Norm::dual_ky_fan, "dual_ky_fan", NormFamily::ky_fan, false, "k", 4, "", "max(s_1(W), sum s_i(W) / k)",
     "s_1(G) + ... + s_k(G)", "U_k V_k'", "arXiv:2504.05295 (Dion at convergence)"},
}};

constexpr auto names = [] {
  std::array<Named<Norm>, table.size()> result{};
  for (std::size_t i = 0; i < table.size(); ++i) result[i] = {table[i].name, table[i].norm};
  return result;
}();

void check_parameter(Norm norm, double given) {
  const NormRow& row = row_of(norm);
  check(!row.parameter.empty(), "[norm] {} has no parameter; {} came", row.name, given);
  if (norm == Norm::schatten)
    check(given > 1 && std::isfinite(given), "[norm] p of schatten must be above 1 and finite; {} came", given);
  else
    check(given >= 1 && given <= 0x1p52 && std::floor(given) == given,
          "[norm] k of {} must be a whole number from 1; {} came", row.name, given);
}

}  // namespace

MatrixNorm::MatrixNorm(Norm norm) : kind(norm), parameter(row_of(norm).usual_parameter) {}

MatrixNorm::MatrixNorm(Norm norm, double given) : kind(norm), parameter(given) { check_parameter(norm, given); }

std::span<const NormRow> norm_table() { return table; }
const NormRow& row_of(Norm norm) { return table[static_cast<std::size_t>(norm)]; }
std::string_view name(Norm norm) { return name_in<Norm>(names, norm); }
Norm norm_named(std::string_view name) { return value_in<Norm>(names, "[norm] norm", name); }
bool needs_polar(Norm norm) { return row_of(norm).family == NormFamily::polar; }

std::string text(const MatrixNorm& norm) {
  const NormRow& row = row_of(norm.kind);
  return row.parameter.empty() ? std::string(row.name) : fmt::format("{}({})", row.name, norm.parameter);
}

MatrixNorm matrix_norm(std::string_view text) {
  const auto open = text.find('(');
  const Norm norm = norm_named(text.substr(0, open));
  if (open == std::string_view::npos) return norm;
  double given = 0;
  const char* const end = text.data() + text.size();
  const auto [after, failure] = std::from_chars(text.data() + open + 1, end, given);
  check(failure == std::errc{} && end - after == 1 && *after == ')',
        "[norm] a norm is written as schatten(4), one number in parentheses; '{}' came", text);
  return {norm, given};
}

double map_scale(Norm norm, Index rows, Index cols) {
  const auto m = static_cast<double>(rows);
  const auto n = static_cast<double>(cols);
  switch (norm) {
    case Norm::rms:
      return std::sqrt(m * n);
    case Norm::rms_to_rms:
      return std::sqrt(m / n);
    case Norm::l2_to_rms:
    case Norm::rms_column:
      return std::sqrt(m);
    case Norm::rms_max_entry:
      return 1 / n;
    case Norm::rms_row:
      return 1 / std::sqrt(n);
    default:
      return 1;
  }
}

}  // namespace steepest
