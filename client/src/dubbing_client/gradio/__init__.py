"""The original's tab "💾 Project Sessions", for any Gradio app.

::

    with gr.Blocks() as app:
        with gr.Tabs():
            with gr.Tab("Dub"): ...
            project_sessions_tab()

Gradio 4.44 or newer, 5 and 6.
"""

from __future__ import annotations

try:
    import gradio  # noqa: F401 (fails early, with the message below)
except ImportError as error:
    raise ImportError(
        'The tab needs Gradio, which is not installed: pip install "dubbing-sessions-client[gradio]"'
    ) from error

from dubbing_client.gradio.tab import project_sessions_tab

__all__ = ["project_sessions_tab"]
