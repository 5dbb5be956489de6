// Owns the precompiled <torch/torch.h> that steepest_torch_target() hands out.
