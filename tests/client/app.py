"""A pipeline's Gradio app with the tab: python app.py PORT.

It runs in Gradio's environment.
"""

from __future__ import annotations

import os
import sys

import gradio as gr

from dubbing_client.gradio import project_sessions_tab

os.chdir(os.environ.get("PIPELINE", "."))

with gr.Blocks(title="Pipeline") as app, gr.Tabs():
    with gr.Tab("Dub"):
        gr.Markdown("The pipeline itself.")
        video = gr.Textbox(label="Loaded video", interactive=False)
    project_sessions_tab(on_load=lambda data: data["video_name"], outputs=[video])

if __name__ == "__main__":
    app.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True, share=False)
