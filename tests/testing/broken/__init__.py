"""Parts with one mistake each, and the words that the kit must find for it."""

BROKEN = []  # (part, check, words of the finding)


def broken(check, words):
    def note(part):
        BROKEN.append((part, check, words))
        return part

    return note
