// polar(diag(3, -2)) = diag(1, -1): a program that has nothing but the installed package.
#include <array>
#include <cmath>
#include <cstdio>

#include "steepest/engine/host.hpp"
#include "steepest/polar/polar.hpp"

int main() {
  std::array<double, 4> x = {3, 0, 0, -2};
  std::array<double, 4> u = {};
  const std::array<double, 4> expected = {1, 0, 0, -1};
  steepest::Host<double> la;
  auto X = steepest::column_major(x.data(), 2, 2);
  auto U = steepest::column_major(u.data(), 2, 2);
  steepest::polar(la, X, U);

  double error = 0;
  for (std::size_t i = 0; i < u.size(); ++i) error = std::fmax(error, std::fabs(u[i] - expected[i]));
  std::printf("largest error %g\n", error);
  return error <= 1e-15 ? 0 : 1;
}
