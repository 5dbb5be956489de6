// Runs this library for `make bench-polar` (server_loop.hpp):
//   {"describe": true}                            the description of a run, as records have it
//   {"peak": "f64", "size": 2048}                 {"gflops"} of gemm on all threads, the best of five
//   {"prepare": FILE.npy, "method": ..., "steps": ..., "lower_bound": ..., "with_h": ...}   {"contender", "flops"}
//   {"run": contender, "times": n}                {"seconds": [...]}
//   {"write": contender, "u": FILE, "h": FILE}    {"written": contender}
#include <string>
#include <variant>
#include <vector>

#include "bench/machine_rates.hpp"
#include "bench/polar_peers/contender.hpp"
#include "bench/server_loop.hpp"

namespace steepest::bench {
namespace {

class Server {
 public:
  Json answer(const Json& request) {
    if (request.contains("describe")) return run_description();
    if (request.contains("peak")) return peak_of(request);
    if (request.contains("prepare")) return prepare(request);
    if (request.contains("run")) return run(request);
    if (request.contains("write")) return write(request);
    check(false, "[server] describe, peak, prepare, run or write; {} came", request.dump());
    return {};
  }

 private:
  static Json peak_of(const Json& request) {
    const int size = request.at("size");
    return {{"gflops", request.at("peak") == "f64" ? product_rate<double>(size) : product_rate<float>(size)}};
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
  steepest::bench::serve(server);
}
