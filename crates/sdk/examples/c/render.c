// A renderer that pays for each picture: render ISSUER PRODUCT PICTURES
//
// A real program has the issuer and the product compiled in. It ends with 2 where it may not run.
//
//     cc render.c $(pkg-config --cflags --libs scrip) -o render

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <scrip.h>

static int refused(void) {
    fprintf(stderr, "%s: %s\n%s\n", scrip_error_code(), scrip_error_sentence(), scrip_error_hints());
    return 2;
}

int main(int count, char **arguments) {
    // Before anything is taken: a mistyped number costs nothing.
    char *end = NULL;
    long pictures = count == 4 ? strtol(arguments[3], &end, 10) : -1;
    if (pictures < 0 || end == arguments[3] || *end != '\0') {
        fprintf(stderr, "usage: render ISSUER PRODUCT PICTURES\n");
        return 1;
    }

    scrip *handle;
    if (scrip_open(arguments[1], arguments[2], NULL, &handle) != SCRIP_OK) {
        return refused();
    }

    // Once for each start: may it run?
    scrip_authorization answer;
    if (scrip_use_once(handle, &answer) != SCRIP_OK) {
        scrip_close(handle);
        return refused();
    }
    printf("%s\n", answer.kind == SCRIP_PERPETUAL ? "owned" : "rented");
    if (answer.warnings != 0) {
        fprintf(stderr, "note: %s\n", scrip_warnings());
    }

    for (long picture = 1; picture <= pictures; picture++) {
        // Before the work, so that nobody gets it for nothing.
        if (scrip_consume(handle, 1, &answer) != SCRIP_OK) {
            int status = refused();
            scrip_close(handle);
            return status;
        }
        printf("picture %ld, %" PRId64 " left\n", picture, answer.processings_left);
    }
    scrip_close(handle);
    return 0;
}
