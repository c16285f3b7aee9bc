/* The program `muster`. */
#ifndef MU_CLI_H
#define MU_CLI_H

/* Reads the command line, runs the command, and returns the program's exit code (`muster help exit-codes`). */
int mu_cli_main(int argc, char **argv);

#endif
