// Runs this library for `make bench-polar`: one JSON object a line in, one out, so that neither the start of a process
// nor the reading of a file is part of a time.
//   {"describe": true}                            the description of a run, as records have it
//   {"peak": "f64", "size": 2048}                 {"gflops"} of gemm on all threads, the best of five
//   {"prepare": FILE.npy, "method": ..., "steps": ..., "lower_bound": ..., "with_h": ...}   {"contender", "flops"}
//   {"run": contender, "times": n}                {"seconds": [...]}
//   {"write": contender, "u": FILE, "h": FILE}    {"written": contender}
// What fails answers {"error": text}.
#include <cblas.h>
#include <fmt/format.h>
#include <omp.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "bench/polar_peers/contender.hpp"
#include "steepest/engine/providers.hpp"
#include "steepest/io/record.hpp"

namespace steepest::bench {
namespace {

using Json = nlohmann::ordered_json;

void gemm(int n, const std::vector<float>& A, std::vector<float>& C) {
  cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, A.data(), n, A.data(), n, 0, C.data(), n);
}

void gemm(int n, const std::vector<double>& A, std::vector<double>& C) {
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, A.data(), n, A.data(), n, 0, C.data(), n);
}

/// The rate of the machine in Gflop/s, which times are read against.
template <class T>
double peak(int n) {
  std::vector<T> A(static_cast<std::size_t>(n) * static_cast<std::size_t>(n), T{1});
  std::vector<T> C(A.size());
  double best = 0;
  for (int repetition = 0; repetition < 5; ++repetition) {
    const double start = omp_get_wtime();
    gemm(n, A, C);
    best = std::max(best, 2e-9 * n * n * n / (omp_get_wtime() - start));
  }
  return best;
}

class Server {
 public:
  Json answer(const Json& request) {
    if (request.contains("describe")) return description();
    if (request.contains("peak")) return peak_of(request);
    if (request.contains("prepare")) return prepare(request);
    if (request.contains("run")) return run(request);
    if (request.contains("write")) return write(request);
    check(false, "[server] describe, peak, prepare, run or write; {} came", request.dump());
    return {};
  }

 private:
  static Json description() {
    RunDescription run;
    run.threads = omp_get_max_threads();
    run.kernels = kernels_in_force();
    return to_json(run);
  }

  static Json peak_of(const Json& request) {
    const int size = request.at("size");
    return {{"gflops", request.at("peak") == "f64" ? peak<double>(size) : peak<float>(size)}};
  }

  Json prepare(const Json& request) {
    const PolarOptions options{.method = polar_method(request.at("method").get<std::string>()),
                               .steps = request.value("steps", 0),
                               .lower_bound = request.value("lower_bound", 0.0),
                               .certificate = Certificate::none};
    NpyMatrix X = read_npy(request.at("prepare").get<std::string>());
    const bool with_h = request.value("with_h", false);
    if (std::holds_alternative<std::vector<float>>(X.values))
      contenders_.emplace_back(Contender<float>(std::move(X), options, with_h));
    else
      contenders_.emplace_back(Contender<double>(std::move(X), options, with_h));
    const double flops = std::visit([](const auto& contender) { return contender.flops(); }, contenders_.back());
    return {{"contender", contenders_.size() - 1}, {"flops", flops}};
  }

  Json run(const Json& request) {
    Json seconds = Json::array();
    auto& contender = contenders_.at(request.at("run"));
    for (int k = request.value("times", 1); k > 0; --k)
      seconds.push_back(std::visit([&]<class T>(Contender<T>& chosen) { return chosen.run(engine<T>()); }, contender));
    return {{"seconds", seconds}};
  }

  Json write(const Json& request) {
    const std::string u_path = request.at("u");
    const std::string h_path = request.at("h");
    std::visit([&](auto& contender) { contender.write(u_path, h_path); }, contenders_.at(request.at("write")));
    return {{"written", request.at("write")}};
  }

  template <class T>
  Host<T>& engine() {
    if constexpr (sizeof(T) == 8)
      return f64_;
    else
      return f32_;
  }

  Host<float> f32_;
  Host<double> f64_;
  std::vector<std::variant<Contender<float>, Contender<double>>> contenders_;
};

}  // namespace
}  // namespace steepest::bench

int main() {
  steepest::bench::Server server;
  std::string line;
  while (std::getline(std::cin, line)) {
    nlohmann::ordered_json reply;
    try {
      reply = server.answer(nlohmann::ordered_json::parse(line));
    } catch (const std::exception& error) {
      reply = {{"error", error.what()}};
    }
    std::cout << reply.dump() << std::endl;
  }
}
