// Passes over memory of the host engine in bf16. What concerns f32 alone is Host<float>'s; the rest walks memory as it does.
#include "steepest/engine/host_bf16.hpp"
#include "steepest/engine/host_lines_inl.hpp"

namespace steepest {
namespace {

using Operand = Host<BFloat16>::Operand;

const MatrixView<float>* if_wide(const Operand& X) { return std::get_if<MatrixView<float>>(&X); }

/// y = f(x...), computed in float and rounded once.
template <class F, class... X>
void map_entries(F f, const Operand& Y, const X&... others) {
  std::visit(
      [&](const auto& y_view, const auto&... views) {
        using T = std::remove_pointer_t<decltype(y_view.data)>;
        host_detail::map_lines([f](T& y, auto... x) { y = T(f(float(x)...)); }, y_view, views...);
      },
      Y, others...);
}

/// The sum, or the largest, of f(x) over the entries, in f64.
template <class F, class Combine>
double reduced(F f, Combine combine, const MatrixView<BFloat16>& X) {
  return host_detail::reduce([f](BFloat16 x) { return f(double(float(x))); }, combine, X);
}

/// f(row i) for each row, one after the other.
template <class F>
void for_each_row(const Operand& X, F f) {
  std::visit(
      [&](const auto& view) {
        for (Index i = 0; i < view.rows; ++i) f(Operand(view.block(i, 0, 1, view.cols)));
      },
      X);
}

}  // namespace

void Host<BFloat16>::copy(const Operand& X, const Operand& Y) {
  if (if_wide(X) && if_wide(Y)) return wide_.copy(*if_wide(X), *if_wide(Y));
  if (if_wide(X) || if_wide(Y)) return map_entries([](float x) { return x; }, Y, X);
  const Matrix &from = std::get<Matrix>(X), &to = std::get<Matrix>(Y);
  if (from.data == to.data && from.row_stride == to.row_stride) return;
  host_detail::map_lines([](BFloat16& y, BFloat16 x) { y = x; }, to, from);
}

void Host<BFloat16>::scale(double s, const Operand& X, const Operand& Y) {
  if (if_wide(X) && if_wide(Y)) return wide_.scale(s, *if_wide(X), *if_wide(Y));
  const auto narrow = static_cast<float>(s);
  if (double(narrow) == s)  // as powers of two are: the same product, without the way through f64
    map_entries([narrow](float x) { return narrow * x; }, Y, X);
  else
    map_entries([s](float x) { return static_cast<float>(s * double(x)); }, Y, X);
}

void Host<BFloat16>::add(double s, const Operand& X, double t, const Operand& Y, const Operand& Z) {
  if (if_wide(X) && if_wide(Y) && if_wide(Z)) return wide_.add(s, *if_wide(X), t, *if_wide(Y), *if_wide(Z));
  const auto a = static_cast<float>(s);
  const auto b = static_cast<float>(t);
  map_entries([a, b](float x, float y) { return a * x + b * y; }, Z, X, Y);
}

void Host<BFloat16>::add_identity(double c, const Operand& A) {
  std::visit(
      [c](const auto& view) {
        using T = std::remove_pointer_t<decltype(view.data)>;
        for (Index i = 0; i < view.rows; ++i) view(i, i) = T(float(view(i, i)) + static_cast<float>(c));
      },
      A);
}

void Host<BFloat16>::symmetrize(const Operand& Y) {
  if (if_wide(Y)) return wide_.symmetrize(*if_wide(Y));
  const auto& view = std::get<Matrix>(Y);
  for (Index j = 0; j < view.cols; ++j)
    for (Index i = j + 1; i < view.rows; ++i)
      view(i, j) = view(j, i) = BFloat16((float(view(i, j)) + float(view(j, i))) / 2);
}

void Host<BFloat16>::fill(double c, const Operand& Y) {
  const auto value = static_cast<float>(c);
  map_entries([value]() { return value; }, Y);
}

double Host<BFloat16>::dot(const Operand& X, const Operand& Y) {
  if (if_wide(X) && if_wide(Y)) return wide_.dot(*if_wide(X), *if_wide(Y));
  return std::visit(
      [](const auto& x_view, const auto& y_view) {
        return host_detail::reduce([](auto x, auto y) { return double(float(x)) * double(float(y)); },
                                   host_detail::plus, x_view, y_view);
      },
      X, Y);
}

double Host<BFloat16>::frobenius(const Operand& X) {
  if (if_wide(X)) return wide_.frobenius(*if_wide(X));
  return std::sqrt(reduced([](double x) { return x * x; }, host_detail::plus, std::get<Matrix>(X)));
}

double Host<BFloat16>::max_abs(const Operand& X) {
  if (if_wide(X)) return wide_.max_abs(*if_wide(X));
  // Without their signs bit patterns are ordered as numbers are, NaNs above all others.
  const double bits =
      host_detail::reduce<int>([](BFloat16 x) { return x.bits & 0x7fff; }, host_detail::larger, std::get<Matrix>(X));
  return double(float(BFloat16::of_bits(static_cast<std::uint16_t>(bits))));
}

double Host<BFloat16>::abs_sum(const Operand& X) {
  if (if_wide(X)) return wide_.abs_sum(*if_wide(X));
  return reduced([](double x) { return std::abs(x); }, host_detail::plus, std::get<Matrix>(X));
}

double Host<BFloat16>::one_norm(const Operand& X) {
  if (if_wide(X)) return wide_.one_norm(*if_wide(X));
  double largest = 0;
  for_each_row(std::get<Matrix>(X).transposed(),
               [&](const Operand& column) { largest = host_detail::larger(largest, abs_sum(column)); });
  return largest;
}

double Host<BFloat16>::trace(const Operand& A) {
  return std::visit(
      [](const auto& view) {
        double sum = 0;
        for (Index i = 0; i < view.rows; ++i) sum += double(float(view(i, i)));
        return sum;
      },
      A);
}

double Host<BFloat16>::row_norm_sum(const Operand& X) {
  double sum = 0;
  for_each_row(X, [&](const Operand& x) { sum += frobenius(x); });
  return sum;
}

double Host<BFloat16>::row_norm_max(const Operand& X) {
  double largest = 0;
  for_each_row(X, [&](const Operand& x) { largest = host_detail::larger(largest, frobenius(x)); });
  return largest;
}

void Host<BFloat16>::accumulate(bool gate, double s, const Matrix& Y, double t, const Matrix& X) {
  if (gate) add(s, Y, t, X, Y);
}

void Host<BFloat16>::decay_and_subtract(bool gate, double s, const Matrix& Y, double t, const Matrix& X) {
  if (gate) add(s, Y, -t, X, Y);
}

void Host<BFloat16>::accumulate_square(bool gate, double c, const Matrix& Y, double s, const Matrix& X) {
  if (!gate) return;
  const auto kept = static_cast<float>(c);
  const auto taken = static_cast<float>(1 - c);
  const auto factor = static_cast<float>(s);
  map_entries(
      [=](float y, float x) {
        const float g = factor * x;
        return kept * y + taken * g * g;
      },
      Y, Operand(Y), Operand(X));
}

void Host<BFloat16>::adam_direction(double s, const Matrix& M, double t, const Matrix& V, double c, const Matrix& D) {
  const auto first = static_cast<float>(s);
  const auto second = static_cast<float>(t);
  const auto floor = static_cast<float>(c);
  map_entries(
      [=](float m, float v) {
        const float root = std::sqrt(second * v) + floor;
        return root == 0 ? 0.0F : first * m / root;
      },
      D, Operand(M), Operand(V));
}

void Host<BFloat16>::sign(const Matrix& X, const Matrix& Y) {
  map_entries([](float x) { return x == x ? static_cast<float>((x > 0) - (x < 0)) : x; }, Y, Operand(X));
}

void Host<BFloat16>::normalize_rows(double c, const Matrix& X, const Matrix& Y) {
  for (Index i = 0; i < X.rows; ++i) {
    const Matrix x = X.block(i, 0, 1, X.cols);
    const double near_one = host_detail::near_one_scale(max_abs(x));
    const double norm = frobenius(x) * near_one;
    const double factor = norm == 0 ? 0 : c / norm;
    const auto normalized = [=](float entry) { return static_cast<float>((double(entry) * near_one) * factor); };
    map_entries(normalized, Operand(Y.block(i, 0, 1, Y.cols)), Operand(x));
  }
}

}  // namespace steepest
