#include "executor.h"

int main(int argc, char **argv) {
  return mu_executor_main(argc, argv);
}
