// The polar factor of a matrix in your own memory, and how good it is.
#include <fmt/core.h>

#include <vector>

#include "steepest/base/random.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/polar/polar.hpp"

int main() {
  constexpr steepest::Index m = 300;
  constexpr steepest::Index n = 200;
  std::vector<double> x(m * n);
  std::vector<double> u(m * n);
  steepest::Random random(1);
  for (double& entry : x) entry = random.normal();

  steepest::Host<double> la;                           // OpenBLAS, and an arena for scratch
  const auto X = steepest::row_major(x.data(), m, n);  // views: row-major here, either order works
  auto U = steepest::row_major(u.data(), m, n);
  const auto exact = steepest::polar(la, X, U);  // QDWH, to roundoff
  fmt::print("{}: ||I - U'U||_F / sqrt(n) = {:.1e}, ||X - U H||_F / ||X||_F = {:.1e}\n", exact.method,
             exact.orthogonality.get(), exact.backward_error.get());

  steepest::PolarOptions options;
  options.method = steepest::PolarMethod::polar_express;  // products only, stopped after five
  options.steps = 5;
  const auto rough = steepest::polar(la, X, U, options);
  fmt::print("{}: ||I - U'U||_F / sqrt(n) = {:.1e}\n", rough.method, rough.orthogonality.get());
  return exact.orthogonality.get() < 1e-14 ? 0 : 1;
}
