# One line each; the real tools do the work. scripts/setup installs what they need and is quiet when nothing is missing.
.PHONY: demo reproduce-problems test bench bench-check bench-kernels bench-polar format docs lint
preset ?= dev

demo: ; scripts/demo
reproduce-problems: ; scripts/reproduce_problems
test: ; scripts/test $(preset)
bench: ; scripts/bench
bench-check: ; scripts/bench --check
bench-kernels: ; scripts/bench_kernels
bench-polar: ; scripts/bench_polar
format: ; scripts/setup && scripts/format
docs: ; scripts/setup docs && doxygen docs/Doxyfile
lint: ; scripts/setup lint && cmake --preset dev && run-clang-tidy -quiet -p build/dev '/(steepest|lm)/.*\.cpp$$'
