//go:build !purego

#include "textflag.h"

// The loops of vector.go over vectors of four float64. Each does for an element exactly what its twin there does, operation by operation, so the bits agree.
// A panel is eight rows of p numbers: number k of row c stands at 8*k + c.

// func dotsRowFMA(dst, x, z *float64, p, groups int, start *float64, self float64)
// One row x against groups of four panels: dst[c] = self + start[c] + x . row c.
TEXT ·dotsRowFMA(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ z+16(FP), R8
	MOVQ p+24(FP), R9
	MOVQ groups+32(FP), R10
	MOVQ start+40(FP), R12
	VBROADCASTSD self+48(FP), Y15
	MOVQ R9, R11
	SHLQ $6, R11

rowGroup:
	VADDPD (R12), Y15, Y0
	VADDPD 32(R12), Y15, Y1
	VADDPD 64(R12), Y15, Y2
	VADDPD 96(R12), Y15, Y3
	VADDPD 128(R12), Y15, Y4
	VADDPD 160(R12), Y15, Y5
	VADDPD 192(R12), Y15, Y6
	VADDPD 224(R12), Y15, Y7
	MOVQ SI, AX
	MOVQ R8, BX
	LEAQ (R8)(R11*2), DX
	MOVQ R9, CX

rowProduct:
	VBROADCASTSD (AX), Y8
	VFMADD231PD (BX), Y8, Y0
	VFMADD231PD 32(BX), Y8, Y1
	VFMADD231PD (BX)(R11*1), Y8, Y2
	VFMADD231PD 32(BX)(R11*1), Y8, Y3
	VFMADD231PD (DX), Y8, Y4
	VFMADD231PD 32(DX), Y8, Y5
	VFMADD231PD (DX)(R11*1), Y8, Y6
	VFMADD231PD 32(DX)(R11*1), Y8, Y7
	ADDQ $8, AX
	ADDQ $64, BX
	ADDQ $64, DX
	DECQ CX
	JNZ  rowProduct
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	VMOVUPD Y3, 96(DI)
	VMOVUPD Y4, 128(DI)
	VMOVUPD Y5, 160(DI)
	VMOVUPD Y6, 192(DI)
	VMOVUPD Y7, 224(DI)
	ADDQ $256, DI
	ADDQ $256, R12
	LEAQ (R8)(R11*4), R8
	DECQ R10
	JNZ  rowGroup
	VZEROUPPER
	RET

// func dotsFourFMA(dst *float64, dstStride int, x *float64, xStride int, z *float64, p, panels int, start *float64, startStride int, self *float64)
// Four rows of x against panels: dst[r][c] = self[r] + start[r][c] + x[r] . row c. Strides are in bytes.
TEXT ·dotsFourFMA(SB), NOSPLIT, $0-80
	MOVQ dst+0(FP), DI
	MOVQ dstStride+8(FP), R9
	MOVQ x+16(FP), SI
	MOVQ xStride+24(FP), R12
	MOVQ z+32(FP), BX
	MOVQ panels+48(FP), R10
	MOVQ start+56(FP), R11
	MOVQ startStride+64(FP), R13
	MOVQ self+72(FP), AX
	VBROADCASTSD (AX), Y12
	VBROADCASTSD 8(AX), Y13
	VBROADCASTSD 16(AX), Y14
	VBROADCASTSD 24(AX), Y15

fourPanel:
	LEAQ (R11)(R13*2), DX
	VADDPD (R11), Y12, Y0
	VADDPD 32(R11), Y12, Y1
	VADDPD (R11)(R13*1), Y13, Y2
	VADDPD 32(R11)(R13*1), Y13, Y3
	VADDPD (DX), Y14, Y4
	VADDPD 32(DX), Y14, Y5
	VADDPD (DX)(R13*1), Y15, Y6
	VADDPD 32(DX)(R13*1), Y15, Y7
	MOVQ SI, AX
	LEAQ (SI)(R12*2), DX
	MOVQ p+40(FP), CX

fourProduct:
	VMOVUPD (BX), Y8
	VMOVUPD 32(BX), Y9
	VBROADCASTSD (AX), Y10
	VBROADCASTSD (AX)(R12*1), Y11
	VFMADD231PD Y8, Y10, Y0
	VFMADD231PD Y9, Y10, Y1
	VFMADD231PD Y8, Y11, Y2
	VFMADD231PD Y9, Y11, Y3
	VBROADCASTSD (DX), Y10
	VBROADCASTSD (DX)(R12*1), Y11
	VFMADD231PD Y8, Y10, Y4
	VFMADD231PD Y9, Y10, Y5
	VFMADD231PD Y8, Y11, Y6
	VFMADD231PD Y9, Y11, Y7
	ADDQ $8, AX
	ADDQ $8, DX
	ADDQ $64, BX
	DECQ CX
	JNZ  fourProduct
	LEAQ (DI)(R9*2), DX
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, (DI)(R9*1)
	VMOVUPD Y3, 32(DI)(R9*1)
	VMOVUPD Y4, (DX)
	VMOVUPD Y5, 32(DX)
	VMOVUPD Y6, (DX)(R9*1)
	VMOVUPD Y7, 32(DX)(R9*1)
	ADDQ $64, DI
	ADDQ $64, R11
	DECQ R10
	JNZ  fourPanel
	VZEROUPPER
	RET

DATA ·lanes<>+0(SB)/8, $0
DATA ·lanes<>+8(SB)/8, $1
DATA ·lanes<>+16(SB)/8, $2
DATA ·lanes<>+24(SB)/8, $3
DATA ·lanes<>+32(SB)/8, $4
DATA ·lanes<>+40(SB)/8, $5
DATA ·lanes<>+48(SB)/8, $6
DATA ·lanes<>+56(SB)/8, $7
DATA ·lanes<>+64(SB)/8, $8
GLOBL ·lanes<>(SB), RODATA, $72

// func stepAVX2(v, up *float64, ki, kj *float32, delta float64, n int, best *float64, at *int64)
// v[c] -= delta*(ki[c]-kj[c]); best and at are eight: the largest v[c]+up[c] of the columns c that are the lane's number modulo 8, and the first such c.
TEXT ·stepAVX2(SB), NOSPLIT, $0-64
	MOVQ v+0(FP), DI
	MOVQ up+8(FP), BX
	MOVQ ki+16(FP), SI
	MOVQ kj+24(FP), DX
	VBROADCASTSD delta+32(FP), Y15
	MOVQ n+40(FP), CX
	VPCMPEQD Y2, Y2, Y2
	VMOVDQA Y2, Y3
	VPSLLQ $52, Y2, Y0
	VMOVDQA Y0, Y1
	VMOVDQU ·lanes<>+0(SB), Y4
	VMOVDQU ·lanes<>+32(SB), Y5
	VPBROADCASTQ ·lanes<>+64(SB), Y6

stepEight:
	VCVTPS2PD (SI), Y7
	VCVTPS2PD 16(SI), Y11
	VCVTPS2PD (DX), Y8
	VCVTPS2PD 16(DX), Y12
	VSUBPD Y8, Y7, Y7
	VSUBPD Y12, Y11, Y11
	VMULPD Y15, Y7, Y7
	VMULPD Y15, Y11, Y11
	VMOVUPD (DI), Y9
	VMOVUPD 32(DI), Y13
	VSUBPD Y7, Y9, Y9
	VSUBPD Y11, Y13, Y13
	VMOVUPD Y9, (DI)
	VMOVUPD Y13, 32(DI)
	VADDPD (BX), Y9, Y9
	VADDPD 32(BX), Y13, Y13
	VCMPPD $0x1E, Y0, Y9, Y10
	VCMPPD $0x1E, Y1, Y13, Y14
	VBLENDVPD Y10, Y9, Y0, Y0
	VBLENDVPD Y14, Y13, Y1, Y1
	VBLENDVPD Y10, Y4, Y2, Y2
	VBLENDVPD Y14, Y5, Y3, Y3
	VPADDQ Y6, Y4, Y4
	VPADDQ Y6, Y5, Y5
	ADDQ $64, DI
	ADDQ $64, BX
	ADDQ $32, SI
	ADDQ $32, DX
	SUBQ $8, CX
	JNZ  stepEight
	MOVQ best+48(FP), DI
	MOVQ at+56(FP), SI
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVDQU Y2, (SI)
	VMOVDQU Y3, 32(SI)
	VZEROUPPER
	RET

// func gainAVX2(v, down, diagonal *float64, ki *float32, u, kii, least float64, n int, best *float64, at *int64, low *float64)
// With d[c] = v[c]+down[c], best and at are eight: the largest (u-d[c])^2 / max(least, kii+diagonal[c]-2 ki[c]) over the columns of the lane with d[c] < u, from 0; low is eight: the least d[c].
TEXT ·gainAVX2(SB), NOSPLIT, $0-88
	MOVQ v+0(FP), DI
	MOVQ down+8(FP), BX
	MOVQ diagonal+16(FP), DX
	MOVQ ki+24(FP), SI
	VBROADCASTSD u+32(FP), Y15
	VBROADCASTSD kii+40(FP), Y14
	VBROADCASTSD least+48(FP), Y13
	MOVQ n+56(FP), CX
	MOVQ low+80(FP), AX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VPCMPEQD Y2, Y2, Y2
	VMOVDQA Y2, Y3
	VMOVUPD (AX), Y11
	VMOVUPD 32(AX), Y12
	VMOVDQU ·lanes<>+0(SB), Y4
	VPBROADCASTQ ·lanes<>+32(SB), Y5

gainEight:
	VMOVUPD (DI), Y6
	VADDPD (BX), Y6, Y6
	VMINPD Y6, Y11, Y11
	VSUBPD Y6, Y15, Y6
	VCVTPS2PD (SI), Y7
	VADDPD Y7, Y7, Y7
	VADDPD (DX), Y14, Y8
	VSUBPD Y7, Y8, Y8
	VMAXPD Y13, Y8, Y8
	VMULPD Y6, Y6, Y9
	VDIVPD Y8, Y9, Y9
	VXORPD Y10, Y10, Y10
	VCMPPD $0x1E, Y10, Y6, Y10
	VANDPD Y10, Y9, Y9
	VCMPPD $0x1E, Y0, Y9, Y10
	VBLENDVPD Y10, Y9, Y0, Y0
	VBLENDVPD Y10, Y4, Y2, Y2
	VPADDQ Y5, Y4, Y4
	VMOVUPD 32(DI), Y6
	VADDPD 32(BX), Y6, Y6
	VMINPD Y6, Y12, Y12
	VSUBPD Y6, Y15, Y6
	VCVTPS2PD 16(SI), Y7
	VADDPD Y7, Y7, Y7
	VADDPD 32(DX), Y14, Y8
	VSUBPD Y7, Y8, Y8
	VMAXPD Y13, Y8, Y8
	VMULPD Y6, Y6, Y9
	VDIVPD Y8, Y9, Y9
	VXORPD Y10, Y10, Y10
	VCMPPD $0x1E, Y10, Y6, Y10
	VANDPD Y10, Y9, Y9
	VCMPPD $0x1E, Y1, Y9, Y10
	VBLENDVPD Y10, Y9, Y1, Y1
	VBLENDVPD Y10, Y4, Y3, Y3
	VPADDQ Y5, Y4, Y4
	ADDQ $64, DI
	ADDQ $64, BX
	ADDQ $64, DX
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  gainEight
	MOVQ best+64(FP), DI
	MOVQ at+72(FP), SI
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVDQU Y2, (SI)
	VMOVDQU Y3, 32(SI)
	VMOVUPD Y11, (AX)
	VMOVUPD Y12, 32(AX)
	VZEROUPPER
	RET

// func addScaledAVX2(v *float64, k *float32, factor float64, n int)
// v[c] += factor*k[c].
TEXT ·addScaledAVX2(SB), NOSPLIT, $0-32
	MOVQ v+0(FP), DI
	MOVQ k+8(FP), SI
	VBROADCASTSD factor+16(FP), Y15
	MOVQ n+24(FP), CX

addEight:
	VCVTPS2PD (SI), Y0
	VCVTPS2PD 16(SI), Y1
	VMULPD Y15, Y0, Y0
	VMULPD Y15, Y1, Y1
	VADDPD (DI), Y0, Y0
	VADDPD 32(DI), Y1, Y1
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	ADDQ $64, DI
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  addEight
	VZEROUPPER
	RET
