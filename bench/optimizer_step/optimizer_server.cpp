// Runs this library for `make bench` (server_loop.hpp):
//   {"describe": true}                        the description of a run, as records have it
//   {"rates": true}                           {"sgemm": Gflop/s, "triad", "adamw streams": GB/s, "seconds": that it took}
//   {"prepare": FILE.npy, "shapes": [[m, n], ...], "rule": ..., "settings": {...}, "clip_norm": ..., "nonfinite": ...}
//                                             {"contender", "flops", "plans"} after one step from weights of zero
//   {"run": contender}                        {"seconds"} of one more step
//   {"write": contender, "weights": FILE}     {"written": contender}
//   {"scratch": contender}                    {"bytes"}
//   {"profile": contender, "trace": FILE}     {"seconds", "table", "phases": [{"phase", "seconds", "calls", "flops"}]}
#include <fstream>
#include <memory>

#include "bench/machine_rates.hpp"
#include "bench/optimizer_step/network.hpp"
#include "bench/server_loop.hpp"
#include "steepest/optim/settings.hpp"

namespace steepest::bench {
namespace {

class Server {
 public:
  Json answer(const Json& request) {
    if (request.contains("describe")) return run_description();
    if (request.contains("rates")) return rates();
    if (request.contains("prepare")) return prepare(request);
    if (request.contains("run")) return {{"seconds", network(request.at("run")).step()}};
    if (request.contains("write")) return write(request);
    if (request.contains("scratch")) return {{"bytes", network(request.at("scratch")).scratch_bytes()}};
    if (request.contains("profile")) return profile(request);
    check(false, "[server] describe, rates, prepare, run, write, scratch or profile; {} came", request.dump());
    return {};
  }

 private:
  Network& network(std::size_t k) { return *networks_.at(k); }

  static Json rates() {
    const double start = omp_get_wtime();
    constexpr std::size_t entries = std::size_t{1} << 26U;
    const double sgemm = product_rate<float>(2048), triad = triad_rate(entries), streams = stream_rate(entries);
    return {{"sgemm", sgemm}, {"triad", triad}, {"adamw streams", streams}, {"seconds", omp_get_wtime() - start}};
  }

  Json prepare(const Json& request) {
    NpyMatrix gradients = read_npy(request.at("prepare").get<std::string>());
    const Rule rule = make_rule(request.at("rule").get<std::string>(), request.value("settings", Settings{}));
    networks_.push_back(std::make_unique<Network>(
        std::get<std::vector<float>>(std::move(gradients.values)), request.at("shapes").get<Shapes>(), rule,
        OptimizerOptions{.clip_norm = request.value("clip_norm", 0.0),
                         .nonfinite = nonfinite_named(request.value("nonfinite", std::string("skip")))}));
    Network& added = *networks_.back();
    added.step();
    return {{"contender", networks_.size() - 1}, {"flops", added.flops()}, {"plans", added.plans()}};
  }

  Json write(const Json& request) {
    network(request.at("write")).write(request.at("weights").get<std::string>());
    return {{"written", request.at("write")}};
  }

  Json profile(const Json& request) {
    Profile profile;
    const double seconds = network(request.at("profile")).step(&profile);
    const std::string path = request.at("trace");
    std::ofstream file(path);
    file << profile.chrome_trace();
    check(file.good(), "[server] the trace must be writable; {} came", path);
    Json phases = Json::array();
    for (const PhaseRow& row : profile.rows())
      phases.push_back(
          {{"phase", name(row.phase)}, {"seconds", row.seconds}, {"calls", row.calls}, {"flops", row.flops}});
    return {{"seconds", seconds}, {"table", profile.table()}, {"phases", phases}};
  }

  std::vector<std::unique_ptr<Network>> networks_;
};

}  // namespace
}  // namespace steepest::bench

int main() {
  steepest::bench::Server server;
  steepest::bench::serve(server);
}
