_base_ = ['./_base_/model.py', './_base_/schedule_160k.py']

max_iters = 40_000
warmup_iters = max_iters // 10
optim_wrapper = dict(
    _delete_=True,
    type='AmpOptimWrapper',
    optimizer=dict(type='AdamW', lr=0.0001 * 2, betas=(0.9, 0.999)),
    paramwise_cfg=dict(custom_keys={
        f'layers.{i}.norm': dict(decay_mult=0.0)
        for i in range(2)
    }))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-6, by_epoch=False, begin=0, end=warmup_iters),
    dict(type='PolyLR', power=1.0, by_epoch=False, begin=warmup_iters, end=max_iters)
]
train_cfg = dict(max_iters=max_iters)
head = {{ _base_.model.decode_head }}
