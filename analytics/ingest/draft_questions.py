"""What a draft of a profile asks: in plain words for people; the line of the profile that answers is for its text."""

from __future__ import annotations


class Questions(list[str]):
    """Questions in plain words, in the order in which they came up."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, str] = {}
        self._beside: set[str] = set()

    def ask(self, says: str, line: str = "", *, column: bool = False) -> None:
        """One question.

        Args:
            says: what the file says and what is accepted, without words of the profile's form.
            line: of the profile, that says the answer.
            column: it is on what one column is read as, which the page Import says beside the column.
        """
        self.append(says)
        if line:
            self._lines[says] = line
        if column:
            self._beside.add(says)

    @property
    def of_the_file(self) -> list[str]:
        """Those that are not on what one column is read as."""
        return [says for says in self if says not in self._beside]

    def comments(self) -> list[str]:
        """The questions as remarks in a profile's text, with the lines that answer them."""
        return [f"? {says}" + (f"; here: {self._lines[says]}" if says in self._lines else "") for says in self]


def words(role: str) -> str:
    """What a column can be read as, for people."""
    return role.replace("_", " ")
