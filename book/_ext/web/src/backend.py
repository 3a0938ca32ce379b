"""Where matplotlib draws in the page: into memory; show() sends the figures, as the book draws them."""

from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas
from page_shown import show_figures as show

__all__ = ["FigureCanvas", "show"]
