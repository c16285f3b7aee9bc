#!/bin/bash
# The checks of tools/check-source on this tree; each is a case.
exec "$MU_SOURCE/tools/check-source" "$MU_SOURCE"
