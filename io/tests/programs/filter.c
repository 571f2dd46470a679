/* A filter that HDF5 does not have: each byte the other way round. Built and loaded by the tests in `elsewhere.rs`. */

#include <stddef.h>

/* As in HDF5's H5Zpublic.h and H5PLextern.h, so that no headers are needed. */
typedef size_t (*filter_function)(unsigned, size_t, const unsigned[], size_t, size_t *, void **);
typedef struct {
    int version, id;
    unsigned encoder_present, decoder_present;
    const char *name;
    void *can_apply, *set_local;
    filter_function filter;
} filter_class;

static size_t invert(unsigned flags, size_t count, const unsigned values[], size_t bytes, size_t *room, void **data) {
    (void)flags, (void)count, (void)values, (void)room;
    unsigned char *text = *data;
    for (size_t at = 0; at < bytes; at++) text[at] ^= 0xff;
    return bytes;
}

/* Numbers from 256 to 511 are for tests. */
static const filter_class inverted = {1, 305, 1, 1, "inverted", NULL, NULL, invert};

int H5PLget_plugin_type(void) { return 0; }
const void *H5PLget_plugin_info(void) { return &inverted; }
