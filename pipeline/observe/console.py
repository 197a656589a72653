"""What is shown to people: nothing that comes from elsewhere commands their terminal."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from pipeline.errors import visible


class Terminal(Console):
    """A console that writes out the control characters of every text, whatever file, header or title it comes from."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return what `Console.render` does; what rich itself tells the terminal is no text."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))
