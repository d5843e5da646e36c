/* Of each part of a picture: it was seen, it is not there, or it could not be looked at. */
#ifndef QUORATE_CLUSTER_FACT_H
#define QUORATE_CLUSTER_FACT_H

enum fact { FACT_UNKNOWN, FACT_ABSENT, FACT_KNOWN };

#endif
