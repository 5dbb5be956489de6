#pragma once
// The header of an .npy file: a Python dictionary behind a magic string and its length.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "steepest/base/view.hpp"

namespace steepest {

struct NpyHeader {
  std::string descr = {};  // dtype: "<f8"
  bool fortran_order = false;
  std::vector<Index> shape = {};
  std::size_t data_begin = 0;  // offset of the data in the file
};

/// Parses the header at the start of `bytes`, the whole file. Any simple dtype and any number of axes is read; whether they
/// are wanted is the caller's affair. Throws DataError; `file` names it.
NpyHeader parse_npy_header(std::string_view bytes, std::string_view file);

/// Magic, version 1.0, length and dictionary, padded so that the data begin at a multiple of 64.
std::string npy_header_bytes(const NpyHeader& header);

}  // namespace steepest
