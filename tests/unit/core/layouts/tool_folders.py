"""Folders as dubbing tools leave them: each file with its contents and the label that is right.

Written from the tools' documented names, without the recognizers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dubbing_core.categories import Category

TEXTS = {
    "en": "This is the first line of the talk and you will see that it is not long for what we have to do.",
    "zh": "这是演讲的第一行我们将会看到它并不长因为我们要说的话还有很多很多。",
    "es": "Esta es la primera línea de la charla y no es larga para lo que se tiene que decir en una tarde con los que están.",
    "ja": "これは講演の最初の行です。私たちが言いたいことはまだたくさんあります。",
    "de": "Das ist die erste Zeile und sie ist nicht lang, weil wir auf dem Weg noch mit den anderen von der Arbeit sind.",
    "fr": "Ceci est la première ligne et elle n'est pas longue pour ce que nous avons dans le programme avec vous sur la scène.",
    "ko": "이것은 강연의 첫 번째 줄이며 우리가 말하고 싶은 것은 아직도 많이 남아 있습니다.",
    "hi": "यह भाषण की पहली पंक्ति है और हमें अभी बहुत कुछ कहना है।",
}
THREE_LETTERS = {
    "en": "eng", "zh": "zho", "es": "spa", "ja": "jpn", "de": "deu", "fr": "fra", "ko": "kor", "hi": "hin"
}  # fmt: skip


@dataclass(frozen=True)
class Expected:
    category: Category
    language: str | None = None
    """None where the folder does not record it."""
    alternatives: tuple[Category, ...] = ()
    """Other categories that are right as well: for one file with several contents."""


@dataclass
class ToolTree:
    """A folder of one tool."""

    tool: str
    files: dict[str, Expected] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)
    """Paths of source videos; empty where the tool keeps them outside."""
    bilingual: set[str] = field(default_factory=set)

    def add(
        self,
        category: Category,
        *paths: str,
        language: str | None = None,
        alternatives: tuple[Category, ...] = (),
    ) -> None:
        for path in paths:
            self.files[path] = Expected(category, language, alternatives)

    def add_source(self, path: str) -> None:
        self.add(Category.ORIGINAL_VIDEO, path)
        self.sources.add(path)

    def write(self, path: str, value: object) -> None:
        self.contents[path] = value.encode() if isinstance(value, str) else json.dumps(value).encode()

    def moved(self, prefix: str) -> ToolTree:
        return ToolTree(
            tool=self.tool,
            files={prefix + path: expected for path, expected in self.files.items()},
            contents={prefix + path: data for path, data in self.contents.items()},
            sources={prefix + path for path in self.sources},
            bilingual={prefix + path for path in self.bilingual},
        )


@dataclass(frozen=True)
class Project:
    """The parameters of a folder."""

    stem: str = "talk"
    source: str = "en"
    target: str = "zh"
    lines: int = 3


def srt(language: str, lines: int) -> str:
    cues = (f"{n + 1}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{TEXTS[language]}\n" for n in range(lines))
    return "\n".join(cues)


def session_manager(project: Project) -> ToolTree:
    tree = ToolTree("Project Session Manager")
    source, target = project.source, project.target
    tree.add(Category.OTHER, "metadata.json")
    tree.add_source("original_video.mp4")
    tree.add(
        Category.TRANSCRIPTIONS, "transcriptions/original_asr.json", "transcriptions/chunked_transcript.json"
    )
    tree.add(Category.TRANSLATIONS, "translations/translated.json", "translations/language_translations.json")
    tree.add(Category.VOICES, "voices/voice_assignments.json")
    tree.add(Category.AUDIO, f"audio/{target}_audio.wav", language=target)
    tree.add(Category.CUSTOM_VOICES, f"custom_voices/custom_{target}_voice_01_demo.wav", language=target)
    tree.add(Category.FINAL_VIDEOS, f"final_videos/{target}_final.mp4", language=target)
    tree.add(Category.MIXED_VIDEOS, f"mixed_videos/gemini_{target}_deep_demo_mixed.mp4", language=target)
    tree.write(
        "metadata.json",
        {
            "session_name": project.stem,
            "video_name": f"{project.stem}.mp4",
            "languages": [target],
            "transcription_text": TEXTS[source],
            "translations": {target: TEXTS[target]},
            "voices": {target: "gemini_deep"},
        },
    )
    return tree


def pyvideotrans(project: Project) -> ToolTree:
    tree = ToolTree("pyVideoTrans")
    source, target, stem = project.source, project.target, project.stem
    tree.add_source(f"{stem}.mp4")
    root = f"_video_out/{stem}-mp4/"
    tree.add(Category.TRANSCRIPTIONS, f"{root}{source}.srt", language=source)
    tree.add(Category.TRANSLATIONS, f"{root}{target}.srt", language=target)
    tree.add(Category.TRANSLATIONS, f"{root}shuang.srt")
    tree.bilingual.add(f"{root}shuang.srt")
    tree.add(Category.VOICES, f"{root}speaker.json")
    tree.add(Category.AUDIO, f"{root}{source}.m4a", language=source)
    tree.add(Category.AUDIO, f"{root}{target}.m4a", language=target)
    tree.add(Category.AUDIO, f"{root}vocal.wav", f"{root}instrument.wav")
    for number in range(project.lines):
        spoken = TEXTS[target][:60].rstrip()
        tree.add(Category.AUDIO, f"{root}segment_audio_{stem}/{number}-{spoken}.wav")
    tree.add(Category.FINAL_VIDEOS, f"{root}{stem}.mp4")
    tree.write(f"{root}{source}.srt", srt(source, project.lines))
    tree.write(f"{root}{target}.srt", srt(target, project.lines))
    tree.write(f"{root}speaker.json", [f"spk{number % 2}" for number in range(project.lines)])
    return tree


def videolingo(project: Project) -> ToolTree:
    tree = ToolTree("VideoLingo")
    source, target = project.source, project.target
    tree.add_source(f"{project.stem}.webm")
    tree.add(
        Category.TRANSCRIPTIONS,
        "log/cleaned_chunks.xlsx",
        "log/split_by_nlp.txt",
        "log/split_by_meaning.txt",
        "log/split_by_comma.txt",
        "log/split_by_connector.txt",
        "log/split_by_mark.txt",
        "log/whisperx302_0_1800.json",
        "transcript.json",
        "src.srt",
        "audio/src_subs_for_audio.srt",
        language=source,
    )
    tree.add(
        Category.TRANSLATIONS,
        "log/terminology.json",
        "log/translation_results.xlsx",
        "log/translation_results_for_subtitles.xlsx",
        "log/translation_results_remerged.xlsx",
        "trans.srt",
        "dub.srt",
        "audio/trans_subs_for_audio.srt",
    )
    tree.add(Category.TRANSLATIONS, "src_trans.srt", "trans_src.srt")
    tree.bilingual |= {"src_trans.srt", "trans_src.srt"}
    tree.add(Category.VOICES, "audio/tts_tasks.xlsx")
    for number in range(project.lines):
        tree.add(Category.AUDIO, f"audio/tmp/{number}_0_temp.wav", f"audio/segs/{number}_0.wav")
        tree.add(Category.CUSTOM_VOICES, f"audio/refers/{number}.wav")
    tree.add(
        Category.AUDIO,
        "dub.mp3",
        "normalized_dub.wav",
        "audio/raw.mp3",
        "audio/vocal.mp3",
        "audio/background.mp3",
    )
    tree.add(Category.FINAL_VIDEOS, "output_dub.mp4")
    tree.add(Category.MIXED_VIDEOS, "output_sub.mp4")
    tree.add(Category.OTHER, ".subtitle_done", ".dubbing_done", f"{project.stem}.jpg", "gpt_log/summary.json")
    tree.add(Category.OTHER, "gpt_log/translate_faithfulness.json", "gpt_log/error.json")
    tree.write("log/whisperx302_0_1800.json", {"language": source, "segments": []})
    tree.write("src.srt", srt(source, project.lines))
    tree.write("trans.srt", srt(target, project.lines))
    return tree


def linly(project: Project) -> ToolTree:
    tree = ToolTree("Linly-Dubbing")
    source, target = project.source, project.target
    tree.add_source("download.mp4")
    tree.add(Category.TRANSCRIPTIONS, "transcript.json")
    tree.add(Category.TRANSLATIONS, "translation.json", "summary.json", "subtitles.srt")
    tree.add(Category.VOICES, "speaker_to_voice_type.json")
    tree.add(Category.CUSTOM_VOICES, "SPEAKER/SPEAKER_00.wav", "SPEAKER/SPEAKER_00.npy")
    for number in range(project.lines):
        tree.add(Category.AUDIO, f"wavs/{number:04}.wav", f"wavs/{number:04}_adjusted.wav")
    tree.add(Category.AUDIO, "audio_tts.wav", "audio_combined.wav")
    tree.add(Category.AUDIO, "audio.wav", "audio_vocals.wav", "audio_instruments.wav")
    tree.add(Category.FINAL_VIDEOS, "video.mp4")
    tree.add(Category.MIXED_VIDEOS, "video_bgm.mp4", "video_subtitles.mp4")
    tree.add(Category.OTHER, "download.info.json", "download.webp", "video.txt", "video.png", "bilibili.json")
    lines = [
        {"start": n, "end": n + 1, "text": TEXTS[source], "speaker": "SPEAKER_00"}
        for n in range(project.lines)
    ]
    tree.write("transcript.json", lines)
    tree.write("translation.json", [line | {"translation": TEXTS[target]} for line in lines])
    tree.write("speaker_to_voice_type.json", {"SPEAKER_00": "BV701_streaming"})
    return tree


def open_dubbing(project: Project) -> ToolTree:
    tree = ToolTree("open-dubbing")
    source, target = THREE_LETTERS[project.source], THREE_LETTERS[project.target]
    stem = "".join(filter(str.isalnum, project.stem)).lower()
    tree.add(Category.OTHER, f"{stem}_video.mp4")
    tree.add(Category.TRANSCRIPTIONS, f"{source}.srt", language=project.source)
    tree.add(Category.TRANSLATIONS, f"{target}.srt", language=project.target)
    tree.add(
        Category.TRANSLATIONS,
        f"utterance_metadata_{target}.json",
        alternatives=(Category.TRANSCRIPTIONS, Category.VOICES),
    )
    for number in range(project.lines):
        tree.add(
            Category.AUDIO,
            f"dubbed_chunk_{number}.5_{number + 1}.25.mp3",
            f"chunk_{number}.5_{number + 1}.25.mp3",
        )
    tree.add(Category.AUDIO, "dubbed_vocals.mp3", f"{stem}_audio.mp3")
    tree.add(Category.AUDIO, f"dubbed_audio_{target}.mp3", language=project.target)
    tree.add(Category.AUDIO, f"htdemucs/{stem}_audio/vocals.wav", f"htdemucs/{stem}_audio/no_vocals.wav")
    tree.add(Category.FINAL_VIDEOS, f"dubbed_video_{target}.mp4", language=project.target)
    tree.write(f"{source}.srt", srt(project.source, project.lines))
    tree.write(f"{target}.srt", srt(project.target, project.lines))
    utterances = [
        {
            "id": n,
            "speaker_id": f"SPEAKER_0{n % 2}",
            "text": TEXTS[project.source],
            "translated_text": TEXTS[project.target],
            "assigned_voice": f"voice-{n % 2}",
        }
        for n in range(project.lines)
    ]
    tree.write(
        f"utterance_metadata_{target}.json",
        {"utterances": utterances, "metadata": {"source_language": source}},
    )
    return tree


def krillinai(project: Project) -> ToolTree:
    tree = ToolTree("KrillinAI")
    source, target = project.source, project.target
    tree.add_source("origin_video.mp4")
    for number in range(project.lines):
        tree.add(
            Category.TRANSCRIPTIONS,
            f"audio_transcription_data_{number}.json",
            f"split_audio_txt_{number}.txt",
            f"split_audio_words_{number}.txt",
            language=source,
        )
        tree.add(
            Category.TRANSLATIONS,
            f"translation_data_{number}.json",
            f"audio_translation_raw_data_{number}.json",
            language=target,
        )
        tree.add(Category.TRANSLATIONS, f"srt_no_ts_{number}.srt")
        tree.add(Category.AUDIO, f"split_audio_{number:03}.mp3", language=source)
        tree.add(
            Category.AUDIO,
            f"dubbing/segments/raw/{number}.wav",
            f"dubbing/segments/raw/chunk_{number}.wav",
            f"dubbing/segments/fitted/silence_{number}.wav",
            language=target,
        )
    tree.add(
        Category.TRANSCRIPTIONS,
        "origin_language_srt.srt",
        "short_origin_srt.srt",
        "output/origin_language.txt",
        language=source,
    )
    tree.add(
        Category.TRANSLATIONS,
        "target_language_srt.srt",
        "tts_input.srt",
        "dubbing/dubbing_input.srt",
        "dubbing/dub.srt",
        "output/target_language.txt",
        language=target,
    )
    tree.add(Category.TRANSLATIONS, "bilingual_srt.srt", "short_origin_mixed_srt.srt")
    tree.bilingual |= {"bilingual_srt.srt", "short_origin_mixed_srt.srt"}
    tree.add(Category.VOICES, "dubbing/dubbing_plan.json", "dubbing/dubbing_report.json")
    tree.add(Category.AUDIO, "tts_final_audio.wav", language=target)
    tree.add(Category.AUDIO, "origin_audio.mp3", "mono_16k_audio.mp3", language=source)
    tree.add(Category.FINAL_VIDEOS, "video_with_tts.mp4", "horizontal_dubbed.mp4", language=target)
    tree.add(
        Category.MIXED_VIDEOS,
        "horizontal_bilingual.mp4",
        "vertical_bilingual.mp4",
        "transferred_vertical_video.mp4",
        "vertical_embed.mp4",
    )
    tree.add(
        Category.OTHER,
        "krillinai_manifest.json",
        "audio_duration_details.txt",
        "origin_cover.jpg",
        "step_param.gob",
    )
    tree.write(
        "krillinai_manifest.json", {"origin_language": source, "target_language": target, "stages": {}}
    )
    return tree


def sonitranslate(project: Project) -> ToolTree:
    tree = ToolTree("SoniTranslate")
    target, stem = project.target, project.stem
    tree.add_source("Video.mp4")
    tree.add(Category.TRANSCRIPTIONS, "sub_ori.srt", "SPEAKER_00.srt", f"outputs/{stem}.srt")
    tree.add(Category.TRANSLATIONS, "sub_tra.srt", f"outputs/{stem}__{target}.srt")
    for number in range(project.lines):
        tree.add(Category.AUDIO, f"audio/{number}.25.ogg", f"audio2/audio/{number}.25.ogg")
    tree.add(Category.AUDIO, "audio_dub_solo.ogg", "audio_mix.mp3", f"outputs/{stem}__{target}.mp3")
    tree.add(Category.AUDIO, "audio.wav", "audio_Vocals_DeReverb.wav", "audio_Voiceless.wav")
    tree.add(Category.CUSTOM_VOICES, "_XTTS_/AUTOMATIC.wav", "weights/speaker.pth")
    tree.add(Category.FINAL_VIDEOS, "video_dub.mp4")
    tree.add(Category.FINAL_VIDEOS, f"outputs/{stem}__{target}.mp4", language=target)
    tree.add(Category.MIXED_VIDEOS, "video_subs_file.mp4")
    tree.write("sub_ori.srt", srt(project.source, project.lines))
    tree.write("sub_tra.srt", srt(target, project.lines))
    return tree


def voicestudio(project: Project) -> ToolTree:
    tree = ToolTree("VoiceStudio")
    source, target = project.source, project.target
    job = "dub_jobs/3f2a9c/"
    tree.add_source(f"{job}original.mkv")
    tree.add(Category.ORIGINAL_VIDEO, f"{job}original.browser.mp4")
    tree.add(Category.TRANSCRIPTIONS, f"{job}original.{source}.vtt", language=source)
    tree.add(Category.TRANSLATIONS, f"{job}original.{target}.vtt", language=target)
    tree.add(Category.TRANSLATIONS, "omnivoice.db", alternatives=(Category.TRANSCRIPTIONS, Category.VOICES))
    for number in range(project.lines):
        tree.add(Category.AUDIO, f"{job}seg_{target}_{number}.wav", language=target)
    tree.add(Category.AUDIO, f"{job}dubbed_{target}.wav", language=target)
    tree.add(Category.AUDIO, f"{job}exports/mixed_dub_{target}.wav", f"{job}exports/dubbed_{target}.mp3")
    for name in ("audio", "audio_hq", "vocals", "no_vocals"):
        tree.add(Category.AUDIO, f"{job}{name}.wav")
    tree.add(Category.CUSTOM_VOICES, "voices/narrator.wav", "voices/narrator.ovsvoice")
    tree.add(
        Category.FINAL_VIDEOS, f"{job}exports/dubbed_video_{target}.mp4", f"{job}exports/retimed_{target}.mp4"
    )
    tree.add(Category.MIXED_VIDEOS, f"{job}exports/preview_{target}_duck.mp4", language=target)
    tree.add(Category.OTHER, f"{job}exports/burn_subs_{target}.srt", f"{job}thumb.jpg", f"{job}onsets.json")
    return tree


def dubbing_pipeline(project: Project) -> ToolTree:
    tree = ToolTree("Dubbing-Pipeline")
    stem = project.stem
    root = f"Output/{stem}/"
    tree.add(Category.FINAL_VIDEOS, f"{root}{stem}.dub.mkv", f"{root}{stem}.dub.mp4")
    tree.add(Category.MIXED_VIDEOS, f"{root}mobile/mobile.mp4", alternatives=(Category.OTHER,))
    tree.add(
        Category.MIXED_VIDEOS,
        f"{root}mobile/hls/index.m3u8",
        f"{root}mobile/hls/0.ts",
        alternatives=(Category.OTHER,),
    )
    tree.add(Category.TRANSCRIPTIONS, f"{root}{stem}.srt")
    tree.add(Category.TRANSLATIONS, f"{root}{stem}.translated.srt", f"{root}translated.json")
    for name in ("diarization.json", "review/state.json", "review/overrides.json"):
        tree.add(Category.VOICES, root + name, alternatives=(Category.OTHER,))
    for number in range(project.lines):
        tree.add(Category.AUDIO, f"{root}audio/tracks/{number}.wav")
        tree.add(Category.CUSTOM_VOICES, f"{root}analysis/voice_refs/SPEAKER_{number:02}.wav")
    tree.add(Category.AUDIO, f"{root}stems/dialogue.wav", f"{root}stems/background.wav")
    tree.add(Category.VOICES, f"{root}analysis/tts_manifest.json")
    tree.add(
        Category.OTHER,
        f"{root}manifest.json",
        f"{root}.checkpoint.json",
        f"{root}job.log",
        f"{root}qa/summary.json",
    )
    tree.add(
        Category.OTHER, f"{root}qa/issues.json", f"{root}work/1a2b/state.json", f"{root}manifests/tts.json"
    )
    tree.add(Category.OTHER, "Output/Library/show/season-01/episode-02/job-1a2b/manifest.json")
    tree.add(Category.CUSTOM_VOICES, "VOICE_STORE/show/characters/anna/ref.wav")
    tree.add(Category.OTHER, "backups/backup-20261128-1230.zip")
    tree.write(f"{root}{stem}.srt", srt(project.source, project.lines))
    tree.write(f"{root}{stem}.translated.srt", srt(project.target, project.lines))
    tree.write(f"{root}diarization.json", {"segments": [{"speaker": "SPEAKER_00"}]})
    return tree


def ariel(project: Project) -> ToolTree:
    tree = ToolTree("Ariel")
    video = "".join(filter(str.isalnum, project.stem)) or "video"
    tag = (
        f"{project.target}-{'CN' if project.target == 'zh' else 'XX'}"
        if project.target == "zh"
        else project.target
    )
    tree.add_source(video)
    tree.add(Category.AUDIO, "original_audio.wav", "vocals.wav", "background.wav", language=project.source)
    for number in range(project.lines):
        tree.add(
            Category.AUDIO, f"audio_{number}.wav", f"audio_{number}-0f8fad5b-d9cb-469f-a165-70867728950e.wav"
        )
    tree.add(Category.AUDIO, f"vocals_only_{tag}.wav", f"dubbed_audio_{tag}.wav", language=tag)
    tree.add(Category.FINAL_VIDEOS, f"{video}.{tag}.mp4", language=tag)
    tree.add(Category.TRANSLATIONS, "metadata.json", alternatives=(Category.TRANSCRIPTIONS, Category.VOICES))
    tree.write(
        "metadata.json",
        {
            "video_id": video,
            "original_language": project.source,
            "translate_language": tag,
            "speakers": [{"speaker_id": "speaker_1", "voice": "Zephyr"}],
            "utterances": [
                {"original_text": TEXTS[project.source], "translated_text": TEXTS[project.target]}
            ],
        },
    )
    return tree


def subtitle_edit(project: Project) -> ToolTree:
    tree = ToolTree("SubtitleEdit")
    tree.add(Category.TRANSLATIONS, "SubtitleEditTts.json", alternatives=(Category.VOICES,))
    for number in range(project.lines):
        tree.add(Category.AUDIO, f"wav/{number + 1:04}.wav")
    tree.write(
        "SubtitleEditTts.json",
        {
            "VideoFileName": f"C:\\videos\\{project.stem}.mp4",
            "Items": [
                {"Text": TEXTS[project.target], "AudioFileName": f"{n + 1:04}.wav", "VoiceName": "Amy"}
                for n in range(project.lines)
            ],
            "ActorVoiceMappings": [{"Actor": "Anna", "EngineName": "Piper", "VoiceName": "Amy"}],
        },
    )
    return tree


def minimax(project: Project) -> ToolTree:
    tree = ToolTree("minimax_dubbing")
    tree.add_source(f"videos/{project.stem}.mp4")
    tree.add(Category.TRANSCRIPTIONS, f"srt/{project.stem}.srt")
    tree.add(
        Category.AUDIO,
        "audio/original/project_7_original.wav",
        "audio/vocals/project_7_vocals.wav",
        "audio/background/project_7_background.wav",
        "audio/project_7_concatenated.mp3",
        "audio/mixed/project_7_mixed.wav",
    )
    tree.add(Category.FINAL_VIDEOS, f"videos/final/{project.stem}_final.mp4", "videos/final/project_7.mp4")
    return tree


def elevenlabs(project: Project) -> ToolTree:
    tree = ToolTree("ElevenLabs")
    stem, target = project.stem, project.target
    tree.add_source(f"{stem}.mp4")
    tree.add(Category.TRANSLATIONS, f"{stem}.csv", alternatives=(Category.TRANSCRIPTIONS, Category.VOICES))
    tree.add(Category.AUDIO, "background.wav", "foreground.wav")
    tree.add(Category.AUDIO, f"{stem}_{target}.mp3", language=target)
    tree.add(Category.TRANSLATIONS, f"{stem}_{target}.srt", language=target)
    tree.add(Category.FINAL_VIDEOS, f"{stem}_{target}.mp4", language=target)
    tree.add(Category.OTHER, f"{stem}.aaf")
    rows = "".join(
        f'Anna,0:00:0{n}.000,0:00:0{n}.900,"{TEXTS[project.source]}","{TEXTS[target]}"\n'
        for n in range(min(project.lines, 9))
    )
    tree.write(f"{stem}.csv", f"speaker,start_time,end_time,transcription,translation\n{rows}")
    return tree


def generic(project: Project) -> ToolTree:
    tree = ToolTree("generic")
    stem, target = project.stem, project.target
    tree.add_source(f"{stem}.mp4")
    tree.add(Category.TRANSCRIPTIONS, f"{stem}.srt")
    tree.add(Category.TRANSLATIONS, f"{stem}.{target}.srt", language=target)
    tree.add(Category.FINAL_VIDEOS, f"{stem}_{target}.mp4", language=target)
    tree.add(Category.AUDIO, f"tts/{target}/001.wav", language=target)
    tree.add(Category.OTHER, "notes.pages")
    return tree


BUILDERS: dict[str, Callable[[Project], ToolTree]] = {
    builder.__name__: builder
    for builder in (
        session_manager,
        pyvideotrans,
        videolingo,
        linly,
        open_dubbing,
        krillinai,
        sonitranslate,
        voicestudio,
        dubbing_pipeline,
        ariel,
        subtitle_edit,
        minimax,
        elevenlabs,
        generic,
    )
}


def is_right(expected: Expected, category: Category) -> bool:
    return category in {expected.category, *expected.alternatives}


def wrong_files(tree: ToolTree, found: dict[str, Category]) -> Iterator[str]:
    """Yield a line for each file with a wrong category."""
    for path, expected in tree.files.items():
        if not is_right(expected, found[path]):
            yield f"{path}: {found[path]}, expected {expected.category}"
