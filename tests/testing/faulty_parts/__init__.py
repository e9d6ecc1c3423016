"""Parts with one mistake each, and the words that the kit must report for it."""

FAULTY = []  # (part, check, words of the finding)


def faulty(check, words):
    def note(part):
        FAULTY.append((part, check, words))
        return part

    return note
