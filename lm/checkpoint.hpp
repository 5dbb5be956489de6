#pragma once
// The state of a run in one safetensors file, written whole or not at all.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "lm/config.hpp"
#include "steepest/io/safetensors.hpp"

namespace steepest::lm {

/// What a checkpoint holds beside tensors. The step is all the position that data and schedule need.
struct Progress {
  Index step = 0;           // steps done
  Index skipped_steps = 0;  // of them without effect, for their gradient was not finite
};

/// FNV-1a, 64 bit (Fowler, Noll, Vo 1991), of a text: tells one text from another, no protection against intent.
std::uint64_t fingerprint(std::string_view text);

/// What a checkpoint belongs to.
struct RunIdentity {
  Config config;
  std::uint64_t text = 0;  // fingerprint of the training text
};

/// Writes checkpoint-STEP.safetensors in the run's folder with `words` added to its metadata, then removes all but that one
/// and the one before. Errors as write_safetensors; the older checkpoints are then all there.
std::filesystem::path write_checkpoint(const RunIdentity& run, Progress progress, std::span<const TensorRecord> tensors,
                                       const Metadata& words = {});

/// Removes the checkpoints of a folder, so that a new run in it is not resumed from those of the one before.
void remove_checkpoints(const std::filesystem::path& folder);

/// An opened checkpoint, checked whole.
struct Checkpoint {
  SafetensorsFile file;
  RunIdentity run;
  Progress progress;
};

/// Opens a checkpoint file, or the newest one of a folder. Throws DataError for a damaged or foreign file, naming the
/// previous checkpoint of the folder if there is one (it is used only when asked for); FileError when nothing is there.
Checkpoint open_checkpoint(const std::filesystem::path& path);

}  // namespace steepest::lm
