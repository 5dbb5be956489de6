#include "steepest/norm/norm.hpp"

#include <array>

#include "steepest/norm/named.hpp"

namespace steepest {
namespace {

constexpr std::array<NormRow, 9> table{{
    {Norm::frobenius, "frobenius", "", "||W||_F", "||G||_F", "G / ||G||_F"},
    {Norm::rms, "rms", "", "||W||_F / sqrt(m n)", "sqrt(m n) ||G||_F", "sqrt(m n) G / ||G||_F"},
    {Norm::spectral, "spectral", "2 -> 2", "s_1(W)", "sum s_i(G)", "U V'"},
    {Norm::rms_to_rms, "rms_to_rms", "RMS -> RMS", "sqrt(n/m) s_1(W)", "sqrt(m/n) sum s_i(G)", "sqrt(m/n) U V'"},
    {Norm::max_entry, "max_entry", "1 -> inf", "max |w_ij|", "sum |g_ij|", "sign g_ij"},
    {Norm::row, "row", "2 -> inf", "max_i ||w_i||", "sum_i ||g_i||", "g_i / ||g_i||, rows"},
    {Norm::rms_row, "rms_row", "RMS -> inf", "sqrt(n) max_i ||w_i||", "sum_i ||g_i|| / sqrt(n)",
     "g_i / (sqrt(n) ||g_i||), rows"},
    {Norm::column, "column", "1 -> 2", "max_j ||w_j||", "sum_j ||g_j||", "g_j / ||g_j||, columns"},
    {Norm::rms_column, "rms_column", "1 -> RMS", "max_j ||w_j|| / sqrt(m)", "sqrt(m) sum_j ||g_j||",
     "sqrt(m) g_j / ||g_j||, columns"},
}};

constexpr auto names = [] {
  std::array<Named<Norm>, table.size()> result{};
  for (std::size_t i = 0; i < table.size(); ++i) result[i] = {table[i].name, table[i].norm};
  return result;
}();

}  // namespace

std::span<const NormRow> norm_table() { return table; }
std::string_view name(Norm norm) { return name_in<Norm>(names, norm); }
Norm norm_named(std::string_view name) { return value_in<Norm>(names, "[norm] norm", name); }
bool needs_polar(Norm norm) { return norm == Norm::spectral || norm == Norm::rms_to_rms; }

double map_scale(Norm norm, Index rows, Index cols) {
  const auto m = static_cast<double>(rows);
  const auto n = static_cast<double>(cols);
  switch (norm) {
    case Norm::rms:
      return std::sqrt(m * n);
    case Norm::rms_to_rms:
      return std::sqrt(m / n);
    case Norm::rms_row:
      return 1 / std::sqrt(n);
    case Norm::rms_column:
      return std::sqrt(m);
    default:
      return 1;
  }
}

}  // namespace steepest
